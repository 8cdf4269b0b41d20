import Storage

extension Session {
  /// Opens the trace: with the context that is being read, or with the text that was there.
  mutating func openTrace() -> [Effect] {
    guard let regions else {
      say(.note, "open a dictionary first")
      return []
    }
    let url = regions.dictionary.url
    let context = contextInSight
    screen = .trace
    message = nil
    var effects: [Effect] = []
    if trace?.dictionary != url || trace?.identity != regions.dictionary.identity
      || trace?.subject == nil
    {
      let text = trace?.field
      trace = TraceScreen(dictionary: url, identity: regions.dictionary.identity)
      if let text { trace?.field = text }
      let others = (library.entries ?? []).compactMap { entry -> URL? in
        if case .dictionary = entry.content { entry.url } else { nil }
      }
      let effect = ask(.trace(.open(dictionary: url, others: others)))
      trace?.opening = effect.id
      effects.append(effect)
    }
    if let context {
      trace?.field = TextField(keepingLineBreaks: context)
      // A context was written in its template already.
      trace?.isChat = false
      trace?.document = nil
      trace?.focus = .tokens
    } else if trace?.reading == nil {
      trace?.focus = .text
    }
    return effects + traceText()
  }

  /// The text of the context that has the keyboard.
  private var contextInSight: String? {
    guard let regions, let region = regions.selected else { return nil }
    if case .document(let page) = regions.page { return page.loaded?.text.text }
    guard regions.page == nil, regions.focus == .contexts, let detail = regions.detail,
      detail.detail.id == region, regions.tab.kind != nil
    else { return nil }
    let contexts = detail.contexts(regions.place.kind)
    guard contexts.indices.contains(regions.place.index) else { return nil }
    return contexts[regions.place.index].text
  }
}
