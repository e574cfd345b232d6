export { EXAMPLES, parseMessage, type Message } from './parse.ts';
export { gateOf, judgeMessage, type Answer, type Situation } from './policy.ts';
