// Starts a carillond with data and keeps it until it is interrupted: to look at the console.
import { seed, startCarillond, TOKENS } from './support.mjs';

const carillond = await startCarillond();
const receivers = await seed(carillond);
console.log(`${carillond.base}/console/\noperator ${TOKENS.operator}\nacme     ${TOKENS.acme}\nreader   ${TOKENS.reader}`);
const end = async () => { await carillond.stop(); await receivers.close(); process.exit(0); };
process.on('SIGINT', end);
process.on('SIGTERM', end);
setInterval(() => {}, 60_000);
