// One script: what is worked through beside the list.
export { MdtView } from './mdt/mdt-view.tsx'
export { SuggestionsView } from './moves/suggestions-view.tsx'
export { TransfersView } from './moves/transfers-view.tsx'
