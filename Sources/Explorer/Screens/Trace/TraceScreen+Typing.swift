import Experiments
import Storage

extension TraceScreen {
  // MARK: - The text

  /// What a command does while the text is written; `nil` where it means what it means elsewhere.
  mutating func runText(_ command: Command, in session: inout Session) -> [Effect]? {
    if let effects = edit(command, in: &session) { return effects }
    switch command {
    case .newLine: return type("\n", in: &session)
    case .nextChoice, .previousChoice: moveLine(command == .nextChoice ? 1 : -1, in: session)
    case .accept, .cancelField, .switchPane:
      guard reading != nil || awaited != nil else {
        return command == .accept ? listDocumentsWithoutWeights(in: &session) : session.pop()
      }
      focus = .tokens
    default: return nil
    }
    return []
  }

  /// The text, or the filter of the store's documents.
  var textField: TextField? {
    switch focus {
    case .text: field
    case .documents: documentFilter
    case .tokens: nil
    }
  }

  mutating func take(_ field: TextField, in session: inout Session) -> [Effect] {
    guard focus == .text else {
      setDocumentFilter(field)
      return []
    }
    let isChanged = field.text != self.field.text
    self.field = field
    guard isChanged else { return [] }
    if document != nil {
      document = nil
      // What a store keeps was written in its template already.
      isChat = false
    }
    return traceText(in: &session)
  }

  private mutating func moveLine(_ step: Int, in session: Session) {
    var field = field
    let lines = TextLines.lines(field.characters, columns: layout(in: session).textColumns)
    let row = lines.lastIndex { $0.lowerBound <= field.cursor } ?? 0
    guard lines.indices.contains(row + step) else { return }
    let target = lines[row + step]
    let isLast = row + step == lines.count - 1
    field.move(
      to: min(
        target.lowerBound + field.cursor - lines[row].lowerBound,
        isLast ? target.upperBound : max(target.lowerBound, target.upperBound - 1)))
    self.field = field
  }

  /// Asks for the trace of what is there now, unless that was asked for already.
  mutating func traceText(in session: inout Session) -> [Effect] {
    guard let subject = self.subject else { return [] }
    let layers = chosenLayers
    let source: TraceRequest.Source
    if let document = self.document {
      source = .document(document)
    } else {
      guard !field.isEmpty else {
        reading = nil
        asked = nil
        runFailure = nil
        return []
      }
      guard subject.hasWeights else { return [] }
      source = .text(text, isChat: readsAsChat)
    }
    let request = TraceRequest(
      dictionary: dictionary, layers: layers,
      dictionaries: layers.map { subject.layers[$0].url }, source: source)
    guard asked != request else { return [] }
    let effect = session.ask(TraceWork.run(request))
    awaited = effect.id
    asked = request
    askedAt = session.clock
    runFailure = nil
    return [effect]
  }

  // MARK: - Documents of a store

  mutating func listDocuments(in session: inout Session) -> [Effect] {
    guard let subject else {
      session.say(.note, failure ?? "stores are still being looked for")
      return []
    }
    guard subject.store != nil else {
      session.say(.error, "no store lies beside the dictionary: start with --store STORE.epstore")
      return []
    }
    focus = .documents
    guard documents == nil, awaitedDocuments == nil else { return [] }
    let effect = session.ask(TraceWork.documents(dictionary: dictionary))
    awaitedDocuments = effect.id
    return [effect]
  }

  private mutating func listDocumentsWithoutWeights(in session: inout Session) -> [Effect] {
    guard let subject = self.subject, !subject.hasWeights, subject.store != nil else { return [] }
    return listDocuments(in: &session)
  }

  mutating func runDocuments(_ command: Command, in session: inout Session) -> [Effect]? {
    if let effects = edit(command, in: &session) { return effects }
    switch command {
    case .nextChoice, .previousChoice, .choicePageDown, .choicePageUp:
      moveInDocuments(command, page: max(1, layout(in: session).main.rows))
    case .cancelField:
      focus = reading == nil ? .text : .tokens
    case .accept:
      guard let chosen = documentList.selected else { return [] }
      document = chosen.index
      focus = .tokens
      (cursor, top) = (0, 0)
      return traceText(in: &session)
    default: return nil
    }
    return []
  }

  private mutating func setDocumentFilter(_ field: TextField) {
    let isChanged = field.text != documentFilter.text
    documentFilter = field
    if isChanged { listDocuments() }
  }

  // MARK: - Replies

  mutating func take(_ reply: Reply, of id: EffectID, in session: inout Session) -> [Effect]? {
    if case .failed(let reason) = reply {
      guard fail(id, reason) else { return nil }
      session.say(.error, reason)
      return []
    }
    switch reply.result(of: TraceWork.self) {
    case .opened(let subject):
      guard opening == id else { return [] }
      opening = nil
      self.subject = subject
      return traceText(in: &session)
    case .traced(let reading): take(reading, of: id, in: session)
    case .documents(let documents):
      guard awaitedDocuments == id else { return [] }
      awaitedDocuments = nil
      self.documents = documents
    case nil: return nil
    }
    return []
  }

  /// Whether a failure was the trace's.
  private mutating func fail(_ id: EffectID, _ reason: String) -> Bool {
    if opening == id {
      opening = nil
      failure = reason
    } else if awaited == id {
      awaited = nil
      runFailure = reason
    } else if awaitedDocuments == id {
      awaitedDocuments = nil
      focus = .text
    } else {
      return false
    }
    return true
  }

  /// Shows a reading unless a later one is shown: one of a text that has changed since is still the truth of its start.
  private mutating func take(_ reading: TraceReading, of id: EffectID, in session: Session) {
    guard id >= answered, asked != nil else { return }
    answered = id
    self.reading = reading
    if awaited == id {
      runFailure = nil
      if !reading.isPartial { awaited = nil }
    }
    if case .document(let index) = reading.source, document == index {
      field = TextField(keepingLineBreaks: reading.text)
    }
    // Whoever writes watches what they write.
    if focus == .text {
      cursor = writtenToken(of: reading)
    }
    showCursor(in: session)
  }

  /// The token of the character before the text's cursor.
  private func writtenToken(of reading: TraceReading) -> Int {
    let bytes = field.characters[..<field.cursor].reduce(0) { $0 + $1.utf8.count }
    let place = min(reading.own.lowerBound + max(0, bytes - 1), reading.own.upperBound - 1)
    let token = reading.tokens.indices.first { reading.range(of: $0).contains(place) }
    return token ?? max(0, reading.tokens.count - 1)
  }
}
