import { codeList } from './code-list.ts'

export const nhsNumberStatuses = codeList('NHS number status indicator', [
  ['01', 'Present and verified'],
  ['02', 'Present, not traced'],
  ['03', 'Trace required'],
  ['04', 'Trace attempted: no match, or several'],
  ['05', 'Trace needs to be resolved'],
  ['06', 'Trace in progress'],
  ['07', 'Not present, trace not required'],
  ['08', 'Trace postponed: baby under six weeks'],
])

export const referralSources = codeList('Source of referral for out-patients', [
  ['01', 'Consultant: after an emergency admission'],
  ['02', 'Consultant: after a domiciliary consultation'],
  ['03', 'General practitioner'],
  ['04', 'Emergency care department'],
  ['05', 'Another consultant'],
  ['06', 'Self-referral'],
  ['07', 'Prosthetist'],
  ['10', 'Consultant: after an emergency care attendance'],
  ['11', 'Consultant: other'],
  ['12', 'GP with an extended role, or dentist with enhanced skills'],
  ['13', 'Specialist nurse in secondary care'],
  ['14', 'Allied health professional'],
  ['15', 'Optometrist'],
  ['16', 'Orthoptist'],
  ['17', 'National screening programme'],
  ['92', 'General dental practitioner'],
  ['93', 'Community dental service'],
  ['97', 'Other, not initiated by the consultant'],
])

export const priorityTypes = codeList('Priority type', [
  ['1', 'Routine'],
  ['2', 'Urgent'],
  ['3', 'Two week wait'],
])

export const referralTypes = codeList(
  'Cancer or symptomatic breast referral type',
  [
    ['01', 'Suspected breast cancer'],
    ['02', "Suspected children's cancer"],
    ['03', 'Suspected lung cancer'],
    ['04', 'Suspected haematological malignancy, not acute leukaemia'],
    ['05', 'Suspected acute leukaemia'],
    ['06', 'Suspected upper gastrointestinal cancer'],
    ['07', 'Suspected lower gastrointestinal cancer'],
    ['08', 'Suspected skin cancer'],
    ['09', 'Suspected gynaecological cancer'],
    ['10', 'Suspected brain or central nervous system tumour'],
    ['11', 'Suspected urological cancer, not testicular'],
    ['12', 'Suspected testicular cancer'],
    ['13', 'Suspected head and neck cancer'],
    ['14', 'Suspected sarcoma'],
    ['15', 'Other suspected cancer'],
    ['16', 'Breast symptoms, cancer not at first suspected'],
    ['17', 'Suspected cancer, non-specific symptoms'],
    ['18', 'Other suspected cancer (not listed)'],
  ],
  { '15': '2020-10-01' },
)

export const diagnosticRoutes = codeList('Cancer diagnostic referral route', [
  ['01', 'Abnormal result of a direct access test under NG12'],
  ['02', 'Other'],
])

export const adjustmentReasons = codeList('Waiting time adjustment reason', [
  ['3', 'Did not attend, or came too late to be seen'],
  ['6', 'Egg harvesting'],
  ['7', 'Urgent treatment of another condition'],
  ['8', 'Patient pause'],
  ['9', 'No adjustment'],
])

export const delayReasons = codeList(
  'Cancer care spell delay reason',
  [
    ['01', 'Clinic cancelled'],
    ['02', 'Out-patient capacity inadequate'],
    ['03', 'Administrative delay'],
    ['04', 'Elective cancellation, not medical, admitted care'],
    ['05', 'Elective capacity inadequate, admitted care'],
    ['06', 'Delay to test or treatment planning'],
    ['07', 'Complex diagnostic pathway'],
    ['08', 'Referral between trusts'],
    ['10', 'Unfit for treatment, admitted care'],
    ['11', 'Unfit for diagnostic episode'],
    ['13', 'Recovery after an invasive test'],
    ['14', 'Did not attend for treatment'],
    ['16', 'Patient choice: treatment appointment'],
    ['17', 'Patient choice: first out-patient appointment'],
    ['18', 'Provider delay to test or treatment planning'],
    ['19', 'Patient choice: test or treatment planning, with notice'],
    ['20', 'Did not attend test or treatment planning'],
    ['21', 'Did not present for elective treatment, admitted care'],
    ['22', 'Not commissioned by the NHS in England'],
    ['23', 'Equipment breakdown'],
    ['24', 'Inconclusive diagnostic result'],
    ['25', 'Could not reach the patient by telephone'],
    ['26', 'Patient choice: follow-up appointment'],
    ['97', 'Other'],
    ['98', 'Other (old)'],
    ['99', 'Other (oldest)'],
  ],
  { '06': '2012-07-01', '08': '2012-07-01', '98': '2018-04-01', '99': '2012-07-01' },
)
