extension RegionsScreen {
  func hints(in session: Session) -> [KeyHints.Hint] {
    switch mode {
    case .searching:
      return [
        KeyHints.one(.accept, "keep"), KeyHints.one(.cancelField, "clear"),
        ([.nextChoice, .previousChoice], "move in the results"),
        KeyHints.one(.deleteToStart, "empty"),
      ]
    case .jumping: return [KeyHints.one(.accept, "go"), KeyHints.one(.cancelField)]
    case .labelling(let editor):
      let completions = editor.suggestion.isEmpty ? [] : [KeyHints.one(.complete)]
      let choices: [KeyHints.Hint] =
        editor.completions.count > 1 ? [([.nextChoice, .previousChoice], "other")] : []
      let saves = [
        KeyHints.one(.accept, editor.field.isEmpty ? "take the label away" : "save")
      ]
      return
        (editor.field.isEmpty && (blind != nil || label(of: editor.region) == nil) ? [] : saves)
        + completions + choices + [KeyHints.one(.cancelField)]
    case .filtering(let editor):
      let completions: [KeyHints.Hint] =
        editor.completions.isEmpty
        ? [] : [KeyHints.one(.complete), ([.nextChoice, .previousChoice], "choose")]
      return [KeyHints.one(.accept, "keep")] + completions + [
        KeyHints.one(.cancelField, "show all"), KeyHints.one(.deleteToStart, "empty"),
      ]
    case .prompting(let prompt):
      return [KeyHints.one(.accept, "do it")]
        + (prompt.isOfPaths ? [KeyHints.one(.complete, "complete")] : [])
        + [KeyHints.one(.cancelField), KeyHints.one(.deleteToStart, "empty")]
    case .noting:
      return [
        KeyHints.one(.saveNote), KeyHints.one(.newLine), KeyHints.one(.cancelField),
      ]
    case .tagging(let editor):
      return [KeyHints.one(.accept, "save")]
        + (editor.completions.isEmpty ? [] : [KeyHints.one(.complete)])
        + [KeyHints.one(.cancelField)]
    case .choosingColumns:
      return [
        KeyHints.one(.toggleColumn), ([.nextChoice, .previousChoice], "choose"),
        ([.columnEarlier, .columnLater], "move it"), KeyHints.one(.accept),
      ]
    case .choosingSort:
      return [
        KeyHints.one(.accept), ([.nextChoice, .previousChoice], "choose"),
        KeyHints.one(.reverseSort),
        KeyHints.one(.cancelField),
      ]
    case .browsing where page != nil: return pageHints
    case .browsing:
      let pick = session.isPicking && focus == .list
      return (pick ? [KeyHints.one(.readContexts, "choose this region")] : [])
        + browsingHints.filter { !pick || $0.0 != [.readContexts] }
    }
  }

  private var browsingHints: [KeyHints.Hint] {
    let isReading = focus == .contexts
    var commands: [KeyHints.Hint] = []
    if isReading {
      switch tab {
      case .closest, .boundary, .sampled: commands += [KeyHints.one(.openDocument)]
      case .neighbours: commands += [KeyHints.one(.openDocument, "go there")]
      case .notes: commands += [KeyHints.one(.note, "write")]
      case .outcomes: commands += [KeyHints.one(.openDocument, "answers")]
      case .statistics, .lens: break
      }
      commands += [KeyHints.one(.nextTab), KeyHints.one(.label)] + blindHints
      commands += [KeyHints.one(.back, backText)]
      if !jumps.back.isEmpty { commands += [KeyHints.one(.jumpBack)] }
    } else {
      if blind != nil { commands += [KeyHints.one(.label)] + blindHints }
      commands += [KeyHints.one(.search)]
      if search != nil {
        commands += [([.nextMatch, .previousMatch], "match"), KeyHints.one(.showResults)]
      }
      if isNarrowed { commands += [KeyHints.one(.back, backText)] }
      commands += [KeyHints.one(.filter)] + (blind == nil ? [KeyHints.one(.label)] : [])
      commands += [KeyHints.one(.readContexts)]
    }
    commands += [KeyHints.one(.help), KeyHints.one(.palette), KeyHints.one(.quit)]
    if !isReading, !isNarrowed { commands += [KeyHints.one(.back, backText)] }
    if !isReading { commands += [KeyHints.one(.chooseSort)] }
    commands += [
      KeyHints.one(.star), ([.lessContext, .moreContext], "lines"),
      KeyHints.one(.zoom, isZoomed ? "unzoom" : "zoom"), KeyHints.one(.switchPane),
      ([.nextRegion, .previousRegion], "region"), KeyHints.one(.undo), KeyHints.one(.copy),
      KeyHints.one(.jumpToRegion),
      KeyHints.one(.randomRegion), KeyHints.one(.reverseSort), KeyHints.one(.chooseColumns),
      KeyHints.one(.hideTemplate, hidesTemplate ? "show template" : "hide template"),
      KeyHints.one(.tag), KeyHints.one(.openLab),
      KeyHints.one(.openTrace), KeyHints.one(.openSaved),
    ]
    return commands
  }

  /// How a round of blind labelling goes on, and how it ends.
  private var blindHints: [KeyHints.Hint] {
    guard blind != nil else { return [] }
    return [KeyHints.one(.nextUnlabelled, "next"), KeyHints.one(.blind, "end blind")]
  }

  private var pageHints: [KeyHints.Hint] {
    switch page {
    case .document:
      return [
        KeyHints.one(.back), ([.previousToken, .nextToken], "token"),
        ([.moveDown, .moveUp], "line"),
        ([.lessContext, .moreContext], "context"), KeyHints.one(.tokenBoundaries),
        ([.nextContext, .previousContext], "other contexts"), KeyHints.one(.activeToken),
        KeyHints.one(.help),
        KeyHints.one(.palette), KeyHints.one(.openTrace),
      ] + (dictionary.hasStore ? [KeyHints.one(.openAnswers, "answer")] : [])
    case .map:
      return [
        KeyHints.one(.openDocument, "go there"), KeyHints.one(.back),
        ([.moveLeft, .moveRight], "select"),
        ([.zoomIn, .zoomOut], "zoom"), KeyHints.one(.mapColour, "colour"),
        KeyHints.one(.mapValues, "digits"),
        KeyHints.one(.mapProjection, "sphere/plane"), KeyHints.one(.filter),
        ([.panLeft, .panRight], "pan"),
        KeyHints.one(.wholeMap, "all"), KeyHints.one(.help),
      ]
    case .hits:
      return [
        KeyHints.one(.openDocument, "go there"), KeyHints.one(.back),
        ([.nextMatch, .previousMatch], "next"),
        KeyHints.one(.search), KeyHints.one(.help), KeyHints.one(.palette),
      ]
    case .example:
      return [
        KeyHints.one(.openDocument, "go there"), KeyHints.one(.back),
        ([.moveDown, .moveUp], "token"),
        ([.nextMatch, .previousMatch], "other region"), KeyHints.one(.search, "another text"),
        KeyHints.one(.help),
      ]
    case .metrics:
      return [
        KeyHints.one(.back), ([.moveDown, .moveUp], "scroll"), KeyHints.one(.help),
        KeyHints.one(.palette), KeyHints.one(.quit),
      ]
    case nil: return []
    }
  }

  /// Where Esc leads; follows `goBack`.
  private var backText: String {
    if isZoomed { return "unzoom" }
    if focus == .contexts { return "table" }
    if search != nil { return "clear search" }
    if filter != nil { return "clear filter" }
    return "library"
  }
}
