import { defineErrors } from './catalogue.ts';

export const stageErrors = defineErrors({
  TestsFailed: {
    retryable: false,
    what: "Declared tests of `stage.tests` failed on some nodes. On X: before anything was changed, the tests or X are at fault. On Y: Y does not do what X does, or the test's consumer is unknown there.",
    means: 'Y gets no traffic.',
    todo: "Send the request of each failed test to the node's proxy address by hand, correct Y or the test, then `retry`.",
  },
  AnswersDiffer: {
    retryable: false,
    what: 'X and Y answered the same request differently.',
    means: 'Y gets no traffic.',
    todo: 'Compare both answers by hand. Fields that differ every time (a date, an id) belong into `ignore` of that request in `stage.compare`; anything else is a change that clients would see.',
  },
});
