import type { SourceKindInfo } from '../../core/source-form.ts';
import { defaultMappings } from '../../sync/map/default-mappings.ts';
import { defaultScope } from '../../sync/scope/default-scope.ts';
import { sourceForms } from '../../sync/source/source-forms.ts';

/** The kinds of source that this build can read. */
export const sourceKinds = (): SourceKindInfo[] =>
  Object.values(sourceForms).map((form) => ({
    ...form,
    defaultScope: defaultScope(form.kind),
    defaultMappings: defaultMappings(form.kind),
  }));
