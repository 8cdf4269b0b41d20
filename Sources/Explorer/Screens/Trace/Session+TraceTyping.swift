import Experiments
import Storage

extension Session {
  // MARK: - The text

  /// What a command does while the text is written; `nil` where it means what it means elsewhere.
  mutating func runInTraceText(_ command: Command) -> [Effect]? {
    guard var field = trace?.field else { return nil }
    if field.apply(command) { return setTraceField(field) }
    switch command {
    case .newLine:
      field.insert("\n")
      return setTraceField(field)
    case .nextChoice, .previousChoice:
      moveLine(command == .nextChoice ? 1 : -1)
      return []
    case .accept, .cancelField, .switchPane:
      guard trace?.reading != nil || trace?.awaited != nil else {
        if command == .accept { return listDocumentsWithoutWeights() }
        screen = .regions
        return []
      }
      trace?.focus = .tokens
      return []
    default: return nil
    }
  }

  mutating func setTraceField(_ field: TextField) -> [Effect] {
    let isChanged = field.text != trace?.field.text
    trace?.field = field
    guard isChanged else { return [] }
    if trace?.document != nil {
      trace?.document = nil
      // What a store keeps was written in its template already.
      trace?.isChat = false
    }
    return traceText()
  }

  private mutating func moveLine(_ step: Int) {
    guard var field = trace?.field else { return }
    let lines = TraceLines.lines(field.characters, columns: traceLayout.textColumns)
    let row = lines.lastIndex { $0.lowerBound <= field.cursor } ?? 0
    guard lines.indices.contains(row + step) else { return }
    let target = lines[row + step]
    let isLast = row + step == lines.count - 1
    field.move(
      to: min(
        target.lowerBound + field.cursor - lines[row].lowerBound,
        isLast ? target.upperBound : max(target.lowerBound, target.upperBound - 1)))
    trace?.field = field
  }

  /// Asks for the trace of what is there now, unless that was asked for already.
  mutating func traceText() -> [Effect] {
    guard let trace, let subject = trace.subject else { return [] }
    let layers = trace.chosenLayers
    let source: TraceRequest.Source
    if let document = trace.document {
      source = .document(document)
    } else {
      guard !trace.field.isEmpty else {
        self.trace?.reading = nil
        self.trace?.asked = nil
        self.trace?.runFailure = nil
        return []
      }
      guard subject.hasWeights else { return [] }
      source = .text(trace.text, isChat: trace.readsAsChat)
    }
    let request = TraceRequest(
      dictionary: trace.dictionary, layers: layers,
      dictionaries: layers.map { subject.layers[$0].url }, source: source)
    guard trace.asked != request else { return [] }
    let effect = ask(.trace(.run(request)))
    self.trace?.awaited = effect.id
    self.trace?.asked = request
    self.trace?.askedAt = clock
    self.trace?.runFailure = nil
    return [effect]
  }

  // MARK: - Documents of a store

  mutating func listDocuments() -> [Effect] {
    guard let trace, let subject = trace.subject else { return [] }
    guard subject.store != nil else {
      say(.error, "no store lies beside the dictionary: start with --store STORE.epstore")
      return []
    }
    self.trace?.focus = .documents
    guard trace.documents == nil, trace.awaitedDocuments == nil else { return [] }
    let effect = ask(.trace(.documents(dictionary: trace.dictionary)))
    self.trace?.awaitedDocuments = effect.id
    return [effect]
  }

  private mutating func listDocumentsWithoutWeights() -> [Effect] {
    guard let subject = trace?.subject, !subject.hasWeights, subject.store != nil else { return [] }
    return listDocuments()
  }

  mutating func runInTraceDocuments(_ command: Command) -> [Effect]? {
    guard let trace else { return nil }
    var field = trace.documentFilter
    if field.apply(command) {
      setDocumentFilter(field)
      return []
    }
    let listed = trace.listedDocuments
    switch command {
    case .nextChoice, .previousChoice, .choicePageDown, .choicePageUp:
      let page = max(1, traceLayout.main.rows)
      let cursor = ListMoves.moved(
        trace.documentCursor, count: listed.count, page: page, command)
      self.trace?.documentCursor = cursor
      self.trace?.documentTop = ListMoves.scrolled(
        trace.documentTop, to: cursor, page: page, count: listed.count)
    case .cancelField:
      self.trace?.focus = trace.reading == nil ? .text : .tokens
    case .accept:
      guard listed.indices.contains(trace.documentCursor) else { return [] }
      self.trace?.document = listed[trace.documentCursor].index
      self.trace?.focus = .tokens
      self.trace?.cursor = 0
      self.trace?.top = 0
      return traceText()
    default: return nil
    }
    return []
  }

  mutating func setDocumentFilter(_ field: TextField) {
    let isChanged = field.text != trace?.documentFilter.text
    trace?.documentFilter = field
    guard isChanged else { return }
    trace?.documentCursor = 0
    trace?.documentTop = 0
  }

  // MARK: - Answers

  /// Takes in what the trace asked for; false where it did not ask.
  mutating func takeInTrace(_ outcome: Outcome, of id: EffectID) -> (isMine: Bool, then: [Effect]) {
    guard let trace else { return (false, []) }
    if case .trace(let answer) = outcome {
      switch answer {
      case .opened(let subject):
        guard trace.opening == id else { return (true, []) }
        self.trace?.opening = nil
        self.trace?.subject = subject
        return (true, traceText())
      case .traced(let reading): take(reading, of: id)
      case .documents(let documents):
        guard trace.awaitedDocuments == id else { return (true, []) }
        self.trace?.awaitedDocuments = nil
        self.trace?.documents = documents
      }
      return (true, [])
    }
    guard case .failed(let reason) = outcome else { return (false, []) }
    if trace.opening == id {
      self.trace?.opening = nil
      self.trace?.failure = reason
    } else if trace.awaited == id {
      self.trace?.awaited = nil
      self.trace?.runFailure = reason
    } else if trace.awaitedDocuments == id {
      self.trace?.awaitedDocuments = nil
      self.trace?.focus = .text
    } else {
      return (false, [])
    }
    say(.error, reason)
    return (true, [])
  }

  /// Shows a reading unless a later one is shown: one of a text that has changed since is still the truth of its start.
  private mutating func take(_ reading: TraceReading, of id: EffectID) {
    guard let trace, id >= trace.answered, trace.asked != nil else { return }
    self.trace?.answered = id
    self.trace?.reading = reading
    if trace.awaited == id {
      self.trace?.runFailure = nil
      if !reading.isPartial { self.trace?.awaited = nil }
    }
    if case .document(let index) = reading.source, trace.document == index {
      self.trace?.field = TextField(keepingLineBreaks: reading.text)
    }
    // Whoever writes watches what they write.
    if trace.focus == .text {
      let written = writtenToken(of: reading)
      self.trace?.cursor = written
    }
    showTraceCursor()
  }

  /// The token of the character before the text's cursor.
  private func writtenToken(of reading: TraceReading) -> Int {
    guard let field = trace?.field else { return 0 }
    let bytes = field.characters[..<field.cursor].reduce(0) { $0 + $1.utf8.count }
    let place = min(reading.own.lowerBound + max(0, bytes - 1), reading.own.upperBound - 1)
    let token = reading.tokens.indices.first { reading.range(of: $0).contains(place) }
    return token ?? max(0, reading.tokens.count - 1)
  }
}
