// The page's language. The template embeds every sentence used here; the English one is its key.

/** @type {Record<string, string>} */
let words = {};
let locale = "en";

/** Speak this language from now on. */
export function speak(dictionary, language) {
  words = dictionary;
  locale = language;
}

/** The page's language, for what the browser itself spells. */
export const language = () => locale;

/** The sentence in the page's language, its {names} filled in. */
export function t(sentence, values = {}) {
  return (words[sentence] ?? sentence).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

/** One of two sentences, by a number that each may show as {n}. */
export const tn = (n, one, many, values = {}) => t(n === 1 ? one : many, { n, ...values });
