/** Characters of a text that others said, such as a server's message: enough to act on, too little to fill a log. */
export const mostCharacters = 5000;

/**
 * The text as Postgres can store it, whatever it holds: U+0000 and halves of surrogate pairs become U+FFFD, and what is longer
 * than `most` characters is cut, with a mark that says so.
 */
export const storableText = (text: string, most = mostCharacters): string => {
  const kept = text.length > most ? `${text.slice(0, most)} […]` : text;
  return kept.toWellFormed().replaceAll('\u0000', '\uFFFD');
};
