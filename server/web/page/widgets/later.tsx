import type { FunctionComponent } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { LoadingNote } from './loading.tsx'
import { ProblemNote } from './note.tsx'
import { ReloadButton } from './stopped.tsx'

const GONE =
  'This part of the page did not come. The service may have been renewed, or the connection is gone.'

/**
 * A view whose script is asked for when it is first opened, so that the list is there sooner.
 * @param load asks for it; once it has come it is kept
 */
export function later<Props extends object>(
  load: () => Promise<FunctionComponent<Props>>,
): FunctionComponent<Props> {
  let come: FunctionComponent<Props> | null = null
  return function Later(props) {
    const [state, setState] = useState<'asking' | 'come' | 'gone'>(
      come === null ? 'asking' : 'come',
    )
    useEffect(() => {
      let isHere = true
      const say = (next: 'come' | 'gone'): void => {
        if (isHere) setState(next)
      }
      if (come === null) {
        load().then(
          (view) => {
            come = view
            say('come')
          },
          () => say('gone'),
        )
      }
      return () => {
        isHere = false
      }
    }, [])
    if (state === 'gone')
      return (
        <>
          <ProblemNote problem={GONE} />
          <ReloadButton />
        </>
      )
    const View = come
    return View === null ? <LoadingNote /> : <View {...props} />
  }
}
