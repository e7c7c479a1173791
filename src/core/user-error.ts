/** Something the person at the form can mend; `field` is the path into the mutation's arguments. */
export type UserError = { field: string[] | null; code: string; message: string };
