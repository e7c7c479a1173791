/** Names that secrets have, in directories and in files. Some harmless attributes sound like them, such as pwdLastSet. */
const secretName =
  /pass(?:word|wd|phrase|wort)|pwd|kennwort|secret|credential|private.?key|n[tl]m?hash|hash$|token|krb.*key|\botp|otpkey|\bpin\b|apikey/i;

/** Whether the values of an attribute of this name are shown to nobody. */
export function soundsSecret(name: string): boolean {
  return secretName.test(name);
}
