import Storage

extension RegionsScreen {
  /// Asks for the document of the page, if it has not come.
  mutating func readDocument(in session: inout Session) -> [Effect] {
    guard case .document(let page) = self.page, page.loaded == nil else {
      return []
    }
    return askOnce(
      .document, page.region,
      .document(
        dictionary: dictionary.url, region: page.region, document: page.document,
        position: page.position), in: &session)
  }

  mutating func show(_ loaded: LoadedDocument, in session: Session) {
    guard case .document(var page) = self.page, page.region == loaded.region,
      page.document == loaded.document
    else { return }
    page.loaded = loaded
    page.cursor = min(
      max(0, (page.activeToken ?? 0) + page.earlySteps), max(loaded.text.tokens.count, 1) - 1)
    lay(&page, in: session)
    self.page = .document(page)
  }

  /// Breaks the document into lines anew and brings the token under the cursor in sight.
  func lay(_ page: inout DocumentState, in session: Session) {
    let area = DocumentArea(body: session.body)
    page.lines = DocumentLine.lines(of: page, dictionary, columns: area.textColumns)
    showToken(&page, area)
  }

  private func showToken(_ page: inout DocumentState, _ area: DocumentArea) {
    let line = page.lines.firstIndex { $0.tokens.contains(page.cursor) } ?? 0
    page.top = ListMoves.scrolled(page.top, to: line, page: area.textRows, count: page.lines.count)
  }

  /// Commands while a page is open; `nil` for those that mean the same everywhere.
  mutating func runInPage(_ command: Command, in session: inout Session) -> [Effect]? {
    switch self.page {
    case .document(let page): return runInDocument(command, page, in: &session)
    case .map(let map): return runInMap(command, map, in: &session)
    case .metrics(let metrics): return runInMetrics(command, metrics, in: &session)
    case .hits(let hits): return runInHits(command, hits, in: session)
    case .example(let example): return runInExample(command, example, in: &session)
    case nil: return nil
    }
  }

  private mutating func runInDocument(
    _ command: Command, _ page: DocumentState, in session: inout Session
  ) -> [Effect]? {
    var page = page
    let area = DocumentArea(body: session.body)
    let tokens = page.loaded?.text.tokens.count ?? 0
    switch command {
    case _ where command.isMove:
      let line = page.lines.firstIndex { $0.tokens.contains(page.cursor) } ?? page.top
      let target = ListMoves.moved(line, count: page.lines.count, page: area.textRows, command)
      if page.lines.indices.contains(target), tokens > 0 {
        page.cursor = page.lines[target].tokens.lowerBound
        showToken(&page, area)
      } else {
        page.top = ListMoves.scrolled(
          target, to: target, page: area.textRows, count: page.lines.count)
      }
    case .nextToken, .previousToken:
      let step = command == .nextToken ? 1 : -1
      if page.loaded == nil { page.earlySteps += step }
      guard tokens > 0 else { break }
      page.cursor = min(max(0, page.cursor + step), tokens - 1)
      showToken(&page, area)
    case .activeToken:
      page.cursor = page.activeToken ?? page.cursor
      showToken(&page, area)
    case .lessContext, .moreContext:
      changeReach(&page, command == .moreContext ? 1 : -1, in: &session)
      lay(&page, in: session)
    case .tokenBoundaries:
      page.showsBoundaries.toggle()
      lay(&page, in: session)
    case .nextContext, .previousContext:
      openContext(command == .nextContext ? 1 : -1, from: page, in: &session)
      return []
    case .label, .star, .tag, .note, .copy, .search, .filter:
      self.page = nil
      return nil
    default: return nil
    }
    self.page = .document(page)
    return []
  }

  private func changeReach(_ page: inout DocumentState, _ step: Int, in session: inout Session) {
    let reaches = DocumentState.reaches
    let index = page.reach.flatMap(reaches.firstIndex) ?? reaches.count
    let target = index + step
    if target < 0 {
      session.say(.note, "that is the least context: \(reaches[0]) tokens to each side")
    } else if target > reaches.count {
      session.say(.note, "that is the whole document")
    } else {
      page.reach = target == reaches.count ? nil : reaches[target]
    }
  }

  /// Opens another context of the region in the place of this one.
  private mutating func openContext(
    _ step: Int, from page: DocumentState, in session: inout Session
  ) {
    guard let loaded = detail, loaded.detail.id == page.region else { return }
    let places = loaded.places
    guard let index = places.firstIndex(of: page.place), places.indices.contains(index + step)
    else {
      return session.say(
        .note, step > 0 ? "that was the last context" : "that was the first context")
    }
    let place = places[index + step]
    let context = loaded.contexts(place.kind)[place.index]
    guard let document = context.document, context.text != nil else {
      return session.say(.note, "the next context has no text")
    }
    self.place = place
    tab = place.kind.tab
    extras.asked[.document] = nil
    self.page = .document(
      DocumentState(
        region: page.region, place: place, document: document, position: context.position,
        token: context.tokenInDocument, reach: page.reach, showsBoundaries: page.showsBoundaries))
  }
}

extension DocumentState {
  /// Index among the loaded tokens of the one that is in the region.
  var activeToken: Int? {
    guard let text = loaded?.text else { return nil }
    let index = position - text.firstToken
    return text.tokens.indices.contains(index) ? index : nil
  }

  /// What is in the region, as offsets in the text that is loaded, where its tokens were not recorded.
  var ownToken: Range<Int>? {
    guard let text = loaded?.text, text.tokens.isEmpty, let token else { return nil }
    let range = token.lowerBound - text.textOffset..<token.upperBound - text.textOffset
    return range.lowerBound >= 0 && range.upperBound <= text.text.utf8.count && !range.isEmpty
      ? range : nil
  }
}

extension ContextText {
  /// The activating token as UTF-8 offsets in the whole document.
  var tokenInDocument: Range<Int>? {
    token.map { $0.lowerBound + textOffset..<$0.upperBound + textOffset }
  }
}
