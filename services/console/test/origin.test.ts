import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { Origin_Kind, OriginSchema } from '../src/gen/carillon/v1/resource_pb';
import { readOnlyWords } from '../src/ui/origin';

describe('what is read-only', () => {
  const words = (kind: Origin_Kind, location = '') => readOnlyWords(create(OriginSchema, { kind, location }));

  it('says where it is changed', () => {
    expect(words(Origin_Kind.FILE, 'carillon.yaml:17')).toBe('Comes from carillon.yaml, line 17. Change it there.');
  });

  it('says the file alone to who is not told the line', () => {
    expect(words(Origin_Kind.FILE)).toBe('Comes from the configuration file. Change it there.');
    expect(words(Origin_Kind.BUILT_IN)).toBe('Part of Carillon: it cannot be changed');
  });
});
