/** Attribute description of RFC 4512, 2.5: a name or an OID, with options such as `;lang-en`; underscores as some servers have. */
const shape = /^(?:[A-Za-z][A-Za-z0-9_-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*$/;
const LONGEST_NAME = 128;

export const isAttributeName = (text: string): boolean => text.length <= LONGEST_NAME && shape.test(text);

/** Pictures (megabytes a person) and what authenticates people: never asked for. */
const forbidden = new Set(
  [
    ...['jpegPhoto', 'thumbnailPhoto', 'thumbnailLogo', 'photo', 'audio', 'exchangePhoto'],
    ...[
      'userPassword',
      'unicodePwd',
      'authPassword',
      'dBCSPwd',
      'lmPwdHistory',
      'ntPwdHistory',
      'supplementalCredentials',
    ],
    ...['sambaNTPassword', 'sambaLMPassword', 'sambaPasswordHistory', 'ipaNTHash', 'krbPrincipalKey', 'krbPwdHistory'],
    ...['passwordHistory', 'pwdHistory', 'ms-Mcs-AdmPwd', 'msLAPS-Password', 'msLAPS-EncryptedPassword', 'userPKCS12'],
    ...['msDS-ManagedPassword', 'msFVE-RecoveryPassword', 'nspmDistributionPassword', 'ipaTokenOTPkey'],
  ].map((name) => name.toLowerCase()),
);

/** Whether an attribute must not be mapped, with options or without. */
export const isForbiddenAttribute = (name: string): boolean => forbidden.has(name.toLowerCase().split(';', 1)[0] ?? '');
