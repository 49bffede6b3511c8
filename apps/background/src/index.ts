export { type LoopOptions, loopNames, type RunningLoops, startLoops } from "./start-loops.ts";
