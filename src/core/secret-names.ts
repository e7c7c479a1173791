/** Names of secrets, in directories and in files. Some harmless attributes have similar names, such as pwdLastSet. */
const secretName =
  /pass(?:word|wd|phrase|wort)|pwd|kennwort|secret|credential|private.?key|n[tl]m?hash|hash$|token|krb.*key|\botp|otpkey|\bpin\b|apikey/i;

/** Whether an attribute of this name may hold a secret. Its values are shown to nobody. */
export function soundsSecret(name: string): boolean {
  return secretName.test(name);
}
