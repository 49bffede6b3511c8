import { notFound } from "next/navigation";

/** Inside a workspace too, what does not exist is not found, with the shell around it. */
export default function UnknownPage() {
  notFound();
}
