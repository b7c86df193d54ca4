import { codeList } from './code-list.ts'

/**
 * Ethnic category, the 16 + 1 of the 2001 census: the national code is the first of two characters, the second is
 * free for local use. Z: asked and not said; 99: not asked. Code 9 was withdrawn for 99. [DD, CR 406 of 2004]
 */
export const ethnicCategories = codeList(
  'Ethnic category',
  [
    ['A', 'White: British'],
    ['B', 'White: Irish'],
    ['C', 'White: any other'],
    ['D', 'Mixed: White and Black Caribbean'],
    ['E', 'Mixed: White and Black African'],
    ['F', 'Mixed: White and Asian'],
    ['G', 'Mixed: any other'],
    ['H', 'Asian or Asian British: Indian'],
    ['J', 'Asian or Asian British: Pakistani'],
    ['K', 'Asian or Asian British: Bangladeshi'],
    ['L', 'Asian or Asian British: any other'],
    ['M', 'Black or Black British: Caribbean'],
    ['N', 'Black or Black British: African'],
    ['P', 'Black or Black British: any other'],
    ['R', 'Other: Chinese'],
    ['S', 'Other: any other'],
    ['Z', 'Not stated'],
    ['99', 'Not known'],
    ['9', 'Not given'],
  ],
  { '9': '2004-07-22' },
)

/** The national part of an ethnic category as sent: `A1` is A with a local 1; anything else stands as it is. */
export function nationalEthnicCategory(sent: string): string {
  return /^[A-Z][A-Z0-9]$/.test(sent) ? sent.slice(0, 1) : sent
}
