import { codeList } from './code-list.ts'

export const patientStatuses = codeList('Cancer or symptomatic breast referral patient status', [
  ['03', 'No new cancer found'],
  ['07', 'New cancer: no NHS treatment planned'],
  ['08', 'First NHS treatment begun'],
  ['09', 'Breast symptoms under investigation, cancer not suspected'],
  ['10', 'New cancer: first treatment not yet planned'],
  ['11', 'New cancer: first treatment planned'],
  ['12', 'New cancer: subsequent treatment not yet planned'],
  ['13', 'New cancer: subsequent treatment planned'],
  ['14', 'Suspected primary cancer'],
  ['15', 'Suspected recurrence'],
  ['16', 'Recurrence: first treatment not yet planned'],
  ['17', 'Recurrence: first treatment planned'],
  ['18', 'Recurrence: no NHS treatment planned'],
  ['19', 'Recurrence: subsequent treatment not yet planned'],
  ['20', 'Recurrence: subsequent treatment planned'],
  ['21', 'Subsequent NHS treatment begun'],
  ['22', 'Recurrence: NHS treatment begun'],
  ['23', 'Suspected transformation'],
  ['24', 'Transformation: first treatment not yet planned'],
  ['25', 'Transformation: first treatment planned'],
  ['26', 'Transformation: no NHS treatment planned'],
  ['27', 'Transformation: subsequent treatment not yet planned'],
  ['28', 'Transformation: subsequent treatment planned'],
  ['29', 'Transformation: NHS treatment begun'],
  ['30', 'Suspected progression'],
  ['31', 'Progression: first treatment not yet planned'],
  ['32', 'Progression: first treatment planned'],
  ['33', 'Progression: no NHS treatment planned'],
  ['34', 'Progression: subsequent treatment not yet planned'],
  ['35', 'Progression: subsequent treatment planned'],
  ['36', 'Progression: NHS treatment begun'],
])

export const lateralities = codeList('Tumour laterality', [
  ['L', 'Left'],
  ['R', 'Right'],
  ['M', 'Midline'],
  ['B', 'Bilateral'],
  ['8', 'Not applicable to the tumour'],
  ['9', 'Not known'],
])

export const fdsEndReasons = codeList('Faster diagnosis pathway end reason', [
  ['01', 'Cancer diagnosed'],
  ['02', 'Cancer ruled out'],
  ['03', 'Excluded from the pathway'],
  ['04', 'Interval scanning'],
])

export const fdsExclusions = codeList(
  'Faster diagnosis pathway exclusion reason',
  [
    ['01', 'Died before being told'],
    ['02', 'Declined all investigations'],
    ['03', 'Declined all appointments'],
    ['04', 'Opted for private diagnostics'],
    ['05', 'Repeatedly did not attend or cancelled'],
    ['06', 'Not eligible for NHS treatment'],
    ['07', 'Opted not to continue'],
  ],
  { '07': '2020-10-01' },
)

export const transferReasons = codeList('Cancer transfer reason, inter-provider', [
  ['01', 'Diagnosis'],
  ['02', 'Staging'],
  ['03', 'Second opinion'],
  ['04', 'Primary treatment'],
  ['05', 'Subsequent treatment'],
])
