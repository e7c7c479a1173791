/** The role that the API's connections work as: it owns nothing and sees only the workspace set for its transaction. */
export const API_ROLE = 'kdesk_contact_sync_api';
