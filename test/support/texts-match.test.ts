import { expect, it } from 'vitest';

it('a regular expression in an expected object is held against the text', async () => {
  expect({ text: 'abc' }).toMatchObject({ text: /b/ });
  expect(() => expect({ text: 'abc' }).toMatchObject({ text: /z/ })).toThrow();
  expect(() => expect([{ text: 'abc' }]).toMatchObject([{ text: /z/ }])).toThrow();
  expect(() => expect({}).toMatchObject({ text: /z/ })).toThrow();
  const failure = Promise.reject(Object.assign(new Error('abc'), { code: 'X' }));
  await expect(expect(failure).rejects.toMatchObject({ code: 'X', message: /z/ })).rejects.toThrow();
});
