/**
 * What a Node that serves is started with: the space for young objects stays at 16 MB, as Node documents it. Newer ones
 * let it grow to several times that, which is memory that thousands of streams need.
 */
export const memoryOptions = ['--max-semi-space-size=16'];
