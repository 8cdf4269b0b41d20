import Terminal

/// The line of keys: what can be pressed now, and does something, the most useful first.
struct KeyHints: Equatable {
  var keys: String
  var text: String

  static func hints(for state: Session) -> [KeyHints] {
    commands(for: state).compactMap { commands, text in
      let keys = commands.compactMap { command in
        state.keymap.keys(for: command, in: state.layers).first?.label
      }
      guard !keys.isEmpty else { return nil }
      return KeyHints(keys: keys.joined(separator: keys.count == 2 ? " " : ""), text: text)
    }
  }

  static func one(_ command: Command, _ text: String? = nil) -> ([Command], String) {
    ([command], text ?? command.short)
  }

  private static func commands(for state: Session) -> [([Command], String)] {
    switch state.overlay {
    case .help: return [one(.cancelField, "close"), ([.nextChoice, .previousChoice], "scroll")]
    case .palette:
      return [
        one(.accept, "run"), ([.nextChoice, .previousChoice], "choose"), one(.cancelField, "close"),
      ]
    case .log:
      let cancel = state.jobs.isEmpty ? [] : [one(.cancelJob, "cancel the job")]
      return [one(.back, "close"), ([.moveDown, .moveUp], "move")] + cancel
    case .themes:
      return [
        one(.accept, "keep"), ([.nextChoice, .previousChoice], "choose"), one(.cancelField),
      ]
    case .export: return [one(.accept, "write"), one(.cancelField)]
    case .question(.leave): return [one(.answerYes), one(.answerNo)]
    case .question(.takeCopy):
      return [one(.answerYes, "take the copy"), one(.answerNo, "begin anew")]
    case .question(.leaveUnsaved):
      return [one(.answerRetry), one(.answerYes, "leave without"), one(.answerNo)]
    case nil: break
    }
    if state.screen == .lab, let lab = state.lab { return inLab(lab) }
    if state.screen == .compare, let compare = state.compare { return comparing(compare) }
    if state.screen == .trace, let trace = state.trace { return tracing(trace) }
    if state.screen == .saved, let saved = state.saved { return reading(saved) }
    if state.screen == .trajectory, let trajectory = state.trajectory {
      return following(trajectory)
    }
    guard state.screen == .regions, let regions = state.regions else {
      if state.comparing != nil { return [one(.cancelOrQuit, "stop comparing"), one(.quit)] }
      return [
        one(.openSelected), one(.compare, state.compareHint),
        ([.moveDown, .moveUp], "move"), one(.scanAgain),
        one(.back, state.regions == nil ? "" : "back to regions"), one(.palette), one(.help),
        one(.quit), one(.markForComparing, state.compareHint.isEmpty ? "" : "mark several"),
      ].filter { !$0.1.isEmpty }
    }
    switch regions.mode {
    case .searching:
      return [
        one(.accept, "keep"), one(.cancelField, "clear"),
        ([.nextChoice, .previousChoice], "move in the results"), one(.deleteToStart, "empty"),
      ]
    case .jumping: return [one(.accept, "go"), one(.cancelField)]
    case .labelling(let editor):
      let completions = editor.suggestion.isEmpty ? [] : [one(.complete)]
      let choices =
        editor.completions.count > 1 ? [([Command.nextChoice, .previousChoice], "other")] : []
      return [one(.accept, editor.field.isEmpty ? "take the label away" : "save")]
        + completions + choices + [one(.cancelField)]
    case .filtering(let editor):
      let completions =
        editor.completions.isEmpty
        ? [] : [one(.complete), ([Command.nextChoice, .previousChoice], "choose")]
      return [one(.accept, "keep")] + completions + [
        one(.cancelField, "show all"), one(.deleteToStart, "empty"),
      ]
    case .prompting:
      return [one(.accept, "do it"), one(.cancelField), one(.deleteToStart, "empty")]
    case .noting:
      return [one(.saveNote), one(.newLine), one(.cancelField, "drop changes")]
    case .tagging(let editor):
      return [one(.accept, "save")] + (editor.completions.isEmpty ? [] : [one(.complete)])
        + [one(.cancelField)]
    case .choosingColumns:
      return [
        one(.toggleColumn), ([.nextChoice, .previousChoice], "choose"),
        ([.columnEarlier, .columnLater], "move it"), one(.accept),
      ]
    case .choosingSort:
      return [
        one(.accept), ([.nextChoice, .previousChoice], "choose"), one(.reverseSort),
        one(.cancelField),
      ]
    case .browsing where regions.page != nil: return onPage(regions)
    case .browsing:
      let pick = state.isPicking && regions.focus == .list
      return (pick ? [one(.readContexts, "choose this region")] : [])
        + browsing(regions).filter { !pick || $0.0 != [.readContexts] }
    }
  }

  private static func inLab(_ lab: LabScreen) -> [([Command], String)] {
    guard lab.subject != nil else { return [one(.back), one(.help), one(.quit)] }
    if lab.isJudging {
      return [
        one(.verdictRefused), one(.verdictComplied), one(.verdictDegenerate), one(.verdictUnclear),
        one(.verdictNone), one(.cancelField),
      ]
    }
    if let shelf = lab.shelf { return onShelf(shelf) }
    let reading = [one(.labRead, lab.isReading ? "back to the ledger" : "read answers")]
    let judging: [([Command], String)] = [
      one(.labJudge), ([.labLess, .labMore], "condition"), one(.labCounting),
    ]
    if lab.isReading {
      return reading + judging + [
        ([.labNextPrompt, .labPreviousPrompt], "prompt"), ([.moveDown, .moveUp], "scroll"),
        one(.back), one(.undo), one(.help),
      ]
    }
    let depths =
      lab.subject?.hasWeights == true
      ? [one(.labGeometry), one(.labResume), one(.labGenerate)] : [one(.labGeometry)]
    let running: [([Command], String)] = lab.isRunning ? [one(.labStop)] : depths
    let inPane: [([Command], String)]
    let other: String
    switch lab.focus {
    case .form:
      inPane = [([.labLess, .labMore], "change"), ([.moveDown, .moveUp], "field")]
      other = lab.series == nil ? "ledger" : "series"
    case .series:
      let goesOn = lab.series?.kind == .regions ? "go to the region" : "open the step"
      inPane = [one(.labRead, goesOn), ([.moveDown, .moveUp], "step")]
      other = lab.run?.result == nil ? "setup" : "ledger"
    case .ledger:
      inPane = reading + judging + [one(.labFilter)]
      other = "setup"
    }
    let weighed = lab.subject?.hasWeights == true ? [one(.labWhere), one(.labSearch)] : []
    return running + inPane + [
      one(.switchPane, other), one(.back), one(.labShelf), one(.labDose), one(.labStrength),
      one(.labAlpha),
    ] + weighed + [one(.labReport), one(.zoom), one(.help), one(.palette)]
  }

  private static func onShelf(_ shelf: ExperimentList) -> [([Command], String)] {
    guard shelf.comparison == nil else {
      return [one(.back, "the list"), ([.moveDown, .moveUp], "scroll"), one(.help)]
    }
    return [
      one(.labReopen),
      one(.labCompare, shelf.marked.map { "compare with \($0)" } ?? "mark to compare"),
      ([.moveDown, .moveUp], "move"), one(.back), one(.help),
    ]
  }

  private static func reading(_ saved: ResultsScreen) -> [([Command], String)] {
    let rest = [one(.help), one(.palette), one(.quit)]
    guard let page = saved.page else {
      let all =
        saved.identity == nil
        ? [] : [one(.savedAll, saved.showsAll ? "this dictionary" : "all dictionaries")]
      let open = saved.listed?.isEmpty == false ? [one(.readContexts, "read")] : []
      return open + [one(.back)] + all + [([.moveDown, .moveUp], "move")] + rest
    }
    if page.pair != nil {
      return [
        one(.readContexts, "the region"), one(.back), ([.nextRegion, .previousRegion], "match"),
      ] + rest
    }
    let items: [([Command], String)] =
      page.result?.features != nil
      ? [one(.readContexts, "side by side"), one(.switchPane, "matches")]
      : page.result?.paths != nil
        ? [one(.readContexts, "go there"), one(.switchPane, "the path")] : []
    return items + [
      one(.back), one(.export, "JSON, CSV, SVG"), ([.moveDown, .moveUp], "scroll"),
    ] + rest
  }

  private static func tracing(_ trace: TraceScreen) -> [([Command], String)] {
    let count = trace.subject?.layers.count ?? 1
    let layers: [([Command], String)] =
      count > 1
      ? [
        one(.traceLayers, trace.showsAllLayers ? "this layer" : "all \(count) layers"),
        one(.tracePaths, trace.panel == .tokens ? "paths" : "table"),
      ] : []
    let documents = trace.subject?.store == nil ? [] : [one(.traceDocuments)]
    switch trace.focus {
    case .text:
      let isEmpty = trace.reading == nil
      return [
        one(.accept, isEmpty && !documents.isEmpty ? "stored documents" : "to the tokens"),
        one(.cancelField, isEmpty ? "regions" : "to the tokens"), one(.deleteToStart, "empty"),
        one(.newLine),
      ]
    case .documents:
      return [
        one(.accept, "trace it"), ([.nextChoice, .previousChoice], "choose"), one(.cancelField),
      ]
    case .tokens:
      let move: [([Command], String)] =
        trace.reading?.layers.count ?? 1 > 1 ? [([.moveLeft, .moveRight], "layer")] : []
      return [one(.openDocument, "its region"), one(.traceEdit, "edit the text"), one(.back)]
        + documents + layers + [
          ([.nextMatch, .previousMatch], "outside"), one(.traceChat),
          ([.moveDown, .moveUp], "move"),
        ] + move + [one(.zoom), one(.copy), one(.help), one(.palette), one(.quit)]
    }
  }

  private static func browsing(_ regions: RegionsScreen) -> [([Command], String)] {
    let isReading = regions.focus == .contexts
    var commands: [([Command], String)] = []
    if isReading {
      switch regions.tab {
      case .closest, .boundary, .sampled: commands += [one(.openDocument)]
      case .neighbours: commands += [one(.openDocument, "go there")]
      case .notes: commands += [one(.note, "write")]
      case .statistics, .lens, .outcomes: break
      }
      commands += [one(.nextTab), one(.label), one(.back, backText(regions))]
      if !regions.jumps.back.isEmpty { commands += [one(.jumpBack)] }
    } else {
      commands += [one(.search)]
      if regions.search != nil {
        commands += [([.nextMatch, .previousMatch], "match"), one(.showResults)]
      }
      if regions.isNarrowed { commands += [one(.back, backText(regions))] }
      commands += [one(.filter), one(.label), one(.readContexts)]
    }
    commands += [one(.help), one(.palette), one(.quit)]
    if !isReading, !regions.isNarrowed { commands += [one(.back, backText(regions))] }
    if !isReading { commands += [one(.chooseSort)] }
    commands += [
      one(.star), ([.lessContext, .moreContext], "lines"),
      one(.zoom, regions.isZoomed ? "unzoom" : "zoom"), one(.switchPane),
      ([.nextRegion, .previousRegion], "region"), one(.undo), one(.copy), one(.jumpToRegion),
      one(.randomRegion), one(.reverseSort), one(.chooseColumns), one(.tag), one(.openLab),
      one(.openTrace), one(.openSaved),
    ]
    return commands
  }

  private static func onPage(_ regions: RegionsScreen) -> [([Command], String)] {
    switch regions.page {
    case .document:
      return [
        one(.back), ([.previousToken, .nextToken], "token"), ([.moveDown, .moveUp], "line"),
        ([.lessContext, .moreContext], "context"), one(.tokenBoundaries),
        ([.nextContext, .previousContext], "other contexts"), one(.activeToken), one(.help),
        one(.palette), one(.openTrace),
      ]
    case .map:
      return [
        one(.openDocument, "go there"), one(.back), ([.moveLeft, .moveRight], "select"),
        ([.zoomIn, .zoomOut], "zoom"), one(.mapColour, "colour"), one(.mapValues, "digits"),
        one(.mapProjection, "sphere/plane"), one(.filter), ([.panLeft, .panRight], "pan"),
        one(.wholeMap, "all"), one(.help),
      ]
    case .results:
      return [
        one(.openDocument, "go there"), one(.back), ([.nextMatch, .previousMatch], "next"),
        one(.search), one(.help), one(.palette),
      ]
    case .example:
      return [
        one(.openDocument, "go there"), one(.back), ([.moveDown, .moveUp], "token"),
        ([.nextMatch, .previousMatch], "other region"), one(.search, "another text"), one(.help),
      ]
    case .metrics:
      return [one(.back), ([.moveDown, .moveUp], "scroll"), one(.help), one(.palette), one(.quit)]
    case nil: return []
    }
  }

  /// Where Esc leads; follows `Session.goBack`.
  private static func backText(_ regions: RegionsScreen) -> String {
    if regions.isZoomed { return "unzoom" }
    if regions.focus == .contexts { return "table" }
    if regions.search != nil { return "clear search" }
    if regions.filter != nil { return "clear filter" }
    return "library"
  }
}
