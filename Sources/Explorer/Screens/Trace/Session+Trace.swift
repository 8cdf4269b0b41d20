import Foundation
import Storage

extension ScreenName {
  package static let trace = ScreenName("trace")
}

extension Session {
  package var trace: TraceScreen? {
    get { self[TraceScreen.self] }
    set { self[TraceScreen.self] = newValue }
  }

  /// Opens the trace: with the context that is being read, or with the text that was there.
  mutating func openTrace() -> [Effect] {
    guard let regions else {
      say(.note, "open a dictionary first")
      return []
    }
    push(.trace)
    message = nil
    let (url, identity) = (regions.dictionary.url, regions.dictionary.identity)
    var effects: [Effect] = []
    if trace?.dictionary != url || trace?.identity != identity || trace?.subject == nil {
      var opened = TraceScreen(dictionary: url, identity: identity)
      if let trace { opened.field = trace.field }
      let others = (library.entries ?? []).compactMap { entry -> URL? in
        if case .dictionary = entry.content { entry.url } else { nil }
      }
      let effect = ask(TraceWork.open(dictionary: url, others: others))
      opened.opening = effect.id
      trace = opened
      effects.append(effect)
    }
    return effects
      + (with(TraceScreen.self) { $0.begin(with: regions.contextBeingRead, in: &$1) } ?? [])
  }
}
