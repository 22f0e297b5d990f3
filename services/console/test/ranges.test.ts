import { describe, expect, it } from 'vitest';
import { rangeOf } from '../src/ui/ranges';

const self = (row: string) => row;
const ROWS = ['a', 'b', 'c', 'd', 'e'];

describe('a range of rows', () => {
  it('goes down and up, with both ends', () => {
    expect(rangeOf(ROWS, self, 'b', 3)).toEqual(['b', 'c', 'd']);
    expect(rangeOf(ROWS, self, 'd', 1)).toEqual(['b', 'c', 'd']);
    expect(rangeOf(ROWS, self, 'c', 2)).toEqual(['c']);
  });
  it('follows the row, not its place, when others come in above', () => {
    expect(rangeOf(['new', ...ROWS], self, 'a', 3)).toEqual(['a', 'b', 'c']);
  });
  it('is the one row where nothing was selected before, or it is gone', () => {
    expect(rangeOf(ROWS, self, undefined, 2)).toEqual(['c']);
    expect(rangeOf(ROWS, self, 'gone', 2)).toEqual(['c']);
  });
  it('is nothing where there is no such row', () => {
    expect(rangeOf(ROWS, self, 'a', 5)).toEqual([]);
    expect(rangeOf([], self, 'a', -1)).toEqual([]);
  });
});
