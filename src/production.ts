/**
 * To be imported before all else. Where nobody says otherwise, packages work as they do in use: GraphQL, for one, looks at each
 * value for a second copy of itself unless it is told so when it is loaded.
 */
// biome-ignore lint/style/noProcessEnv: it is for packages, and no setting of ours.
process.env.NODE_ENV ??= 'production';
