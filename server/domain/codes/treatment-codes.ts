import { codeList } from './code-list.ts'

export const treatmentEvents = codeList('Cancer treatment event type', [
  ['01', 'First definitive treatment, new primary'],
  ['02', 'Second or subsequent treatment, new primary'],
  ['03', 'Local recurrence'],
  ['04', 'Regional recurrence'],
  ['05', 'Distant recurrence'],
  ['06', 'Multiple recurrence'],
  ['07', 'First treatment of metastases, primary unknown'],
  ['08', 'Subsequent treatment of metastases, primary unknown'],
  ['09', 'Relapse'],
  ['10', 'Progression'],
  ['11', 'Transformation'],
  ['12', 'First treatment of metastases, primary known'],
])

export const modalities = codeList(
  'Cancer treatment modality',
  [
    ['01', 'Surgery (old)'],
    ['02', 'Cytotoxic chemotherapy'],
    ['03', 'Hormone therapy'],
    ['04', 'Chemoradiotherapy'],
    ['05', 'Teletherapy, not proton'],
    ['06', 'Brachytherapy'],
    ['07', 'Specialist palliative care'],
    ['08', 'Active monitoring'],
    ['09', 'Palliative care, not specialist'],
    ['10', 'Radiofrequency ablation'],
    ['11', 'High intensity focused ultrasound'],
    ['12', 'Cryotherapy'],
    ['13', 'Proton therapy'],
    ['14', 'Other anti-cancer drugs'],
    ['15', 'Immunotherapy'],
    ['16', 'Light therapy'],
    ['17', 'Hyperbaric oxygen'],
    ['18', 'Other (old)'],
    ['19', 'Radioisotope therapy'],
    ['20', 'Laser treatment'],
    ['21', 'Biological therapy, not immunotherapy'],
    ['22', 'Radiosurgery'],
    ['23', 'Surgery, not enabling'],
    ['24', 'Surgery, enabling'],
    ['97', 'Other'],
    ['98', 'All treatment declined'],
  ],
  { '01': '2020-10-01', '18': '2012-07-01' },
)

export const trialIndicators = codeList('Clinical trial indicator', [
  ['01', 'In a clinical trial'],
  ['02', 'Not in a clinical trial'],
])

export const careSettings = codeList('Cancer care setting for treatment', [
  ['01', 'Ordinary admission'],
  ['02', 'Day case'],
  ['03', 'Out-patient'],
  ['04', 'Other'],
])
