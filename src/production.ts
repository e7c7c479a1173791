/**
 * Must be imported first. Unless NODE_ENV is set, packages run as in production. GraphQL, for example, reads it when it is loaded, and
 * otherwise checks each value for a second copy of itself.
 */
// biome-ignore lint/style/noProcessEnv: it is for packages, and no setting of ours.
process.env.NODE_ENV ??= 'production';
