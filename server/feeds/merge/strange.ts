import type { Issue } from '../../../shared/delivery.ts'
import { badFile } from '../formats/format.ts'

/** So many records, all of a strange form, and it is the file that is wrong. [FEED-2] */
const STRANGE_RECORDS = 100

/** Tells a file of another format from one with some broken records. [FEED-2] */
export interface StrangeRecords {
  /**
   * A record has not the form of the format.
   * @param read records read so far, this one among them
   * @throws Refusal `bad-file` when there are many of them and no other record
   */
  note(rowNumber: number, issue: Issue | undefined, read: number): void
  /** @throws Refusal `bad-file` when the body held no record, or none of the format's form */
  conclude(read: number): void
}

export function openStrangeRecords(): StrangeRecords {
  let misshapen = 0
  let first = ''
  return {
    note(rowNumber, issue, read) {
      misshapen += 1
      if (first === '') first = `Record ${rowNumber}: ${issue?.message ?? ''} ${issue?.fix ?? ''}`
      if (misshapen !== STRANGE_RECORDS || misshapen !== read) return
      throw badFile(
        `None of the first ${STRANGE_RECORDS} records has the form of this format. ${first}`,
      )
    },
    conclude(read) {
      if (read === 0) throw badFile('The body holds no record.')
      if (misshapen === read) throw badFile(`No record has the form of this format. ${first}`)
    },
  }
}
