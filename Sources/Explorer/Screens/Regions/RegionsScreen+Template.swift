import Storage

/// Regions that are the chat template's own: told at sight, and folded away by a key.
extension RegionsScreen {
  /// Whether a region is mostly tokens that nobody said.
  ///
  /// Final positions are the template's by choice, and say what comes before them: none of those is meant.
  func isTemplate(_ region: Int) -> Bool {
    provenanceIsFinal ? false : extras.template?.isTemplate(region) ?? false
  }

  private var provenanceIsFinal: Bool { dictionary.provenance.positions == "last" }

  /// How many of all regions are hidden.
  var hiddenTemplateCount: Int {
    hidesTemplate ? (0..<dictionary.regionCount).count(where: isTemplate) : 0
  }

  mutating func toggleTemplate(in session: inout Session) {
    if hidesTemplate {
      hidesTemplate = false
      reorder()
      return showCursor(in: session)
    }
    guard !provenanceIsFinal else {
      return session.say(
        .note, "every region here is of final positions, which the template ends: none is hidden")
    }
    guard let shares = extras.template else {
      let reason = extras.failure(.template, region: nil)
      return session.say(.note, reason ?? "still reading which tokens are the template's own")
    }
    let count = (0..<dictionary.regionCount).count(where: isTemplate)
    guard count > 0 else {
      return session.say(.note, "no region is mostly the template's own · \(shares.words)")
    }
    guard count < dictionary.regionCount else {
      return session.say(.note, "all regions are mostly the template's own: none is hidden")
    }
    hidesTemplate = true
    reorder()
    showCursor(in: session)
    session.say(
      .note, "\(Figures.count(count, "template region")) hidden · \(shares.words)")
  }
}
