// Holds objects (JSON lines on standard input, {path, kind, label, object}) against the schemas of their kinds, and prints a
// line for each that does not keep to its own.
import { createInterface } from "node:readline";

for await (const line of createInterface({ input: process.stdin })) {
  const { path, kind, label, object } = JSON.parse(line);
  const module = await import(path);
  try {
    new module[kind](object).validate();
  } catch (error) {
    console.log(`${label}: ${error.message}`);
  }
}
