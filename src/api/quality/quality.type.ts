import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { QualityKind } from '../../core/quality.ts';
import { ContactField } from '../connection/field-mapping.type.ts';
import { PageInfo } from '../list/page.ts';

registerEnumType(QualityKind, {
  name: 'QualityKind',
  description: "What a finding about a source's data is about.",
  valuesConfig: {
    DUPLICATE_EMAIL: {
      description: 'Several people have the same email address: this person was skipped. The message names the others.',
    },
    MALFORMED_EMAIL: { description: 'A value for an email address is not a valid address.' },
    MISSING_VALUE: {
      description:
        'There is no value for PRIMARY_EMAIL or for a part of the name (DISPLAY_NAME, GIVEN_NAME, FAMILY_NAME), although the mapping fills it from the source; or none that identifies the person; or no value for another mapped field that at least 95 percent of the people have (or all but three). Which fields these are is decided whenever a run maps nearly everybody, such as the first one and the next one after an edit of the mapping; the fields that are filled best are taken first, until people lack them for 5 percent of all people in sum. People whom the scope leaves out because they have no email are counted in `excluded`.',
    },
    STRAY_SPACE: { description: 'A value has spaces at its ends, or several in a row.' },
    UNDECODABLE: { description: 'Values are no valid text, too large or too many.' },
    UNPARSABLE_PHONE: { description: "The transform PHONE_E164 can't read a value as a phone number." },
    IN_TWO_CONNECTIONS: {
      description:
        'The contact is fed by another connection, too. This is no fault. FULL runs look at everybody, others at the people who have changed.',
    },
  },
});

export { QualityKind };

@ObjectType('QualityFinding', {
  description: "Something about a person's data that the people who keep the source can mend.",
  simpleResolvers: true,
})
export class QualityFindingType {
  @Field(() => QualityKind, { description: 'What it is about.' })
  kind!: QualityKind;

  @Field(() => String, { nullable: true, description: "The person's name in the source (for LDAP, the DN)." })
  person!: string | null;

  @Field(() => String, { nullable: true, description: "The person's stable id; null when it could not be read." })
  personId!: string | null;

  @Field(() => ContactField, {
    nullable: true,
    description: 'The contact field that the value is for; null for the whole person.',
  })
  field!: ContactField | null;

  @Field(() => String, { description: 'For people: the attribute, the value and what is wrong with it.' })
  message!: string;

  @Field(() => Boolean, { description: "Whether the connection's run before did not have it." })
  isNew!: boolean;
}

@ObjectType('QualityCount', { description: 'How many findings of one kind there are.', simpleResolvers: true })
export class QualityCountType {
  @Field(() => QualityKind, { description: 'The kind.' })
  kind!: QualityKind;

  @Field(() => Int, { description: 'The number of findings at the time of the run.' })
  count!: number;

  @Field(() => Int, {
    nullable: true,
    description: "The number in the connection's run before; null when there was none.",
  })
  before!: number | null;
}

@ObjectType('QualityPage', { description: 'A page of findings.', simpleResolvers: true })
export class QualityPage {
  @Field(() => [QualityFindingType], { description: 'The findings, by kind and person.' })
  nodes!: QualityFindingType[];

  @Field(() => PageInfo, { description: 'Where the page ends.' })
  pageInfo!: PageInfo;

  @Field(() => Int, { description: 'The number of items on all pages.' })
  totalCount!: number;

  @Field(() => [QualityCountType], {
    description: 'The findings of each kind, of all kinds that this run or the one before has any of.',
  })
  counts!: QualityCountType[];

  @Field(() => String, {
    nullable: true,
    description: 'Why there are no findings on any page although some were counted; null when all are there.',
  })
  note!: string | null;
}
