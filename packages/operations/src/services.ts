import type { Micros } from "@weir/contracts";
import type { Db, Hot } from "@weir/db";

/** What verbs run on. `clock` is the only source of time: processes go by the database's, tests set their own. */
export type Services = { db: Db; hot: Hot; clock(): Micros };
