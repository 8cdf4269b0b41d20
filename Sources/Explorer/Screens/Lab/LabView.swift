import Experiments
import Terminal

/// The ablation lab.
struct LabView {
  let session: Session
  let lab: LabScreen
  let theme: Theme

  func draw(into screen: inout Cells) {
    let places = lab.places(in: session)
    guard lab.subject != nil else { return drawWaiting(into: &screen, places) }
    if let comparison = lab.experiments?.comparison {
      return ComparisonView(comparison: comparison, theme: theme).draw(
        into: &screen, body: places.body)
    }
    if let experiments = lab.experiments {
      return ExperimentListView(list: experiments, theme: theme).draw(
        into: &screen, body: places.body)
    }
    if lab.isReading, let result = lab.run?.result, let prompt = lab.selectedPrompt {
      AnswersView(lab: lab, result: result, prompt: prompt, theme: theme)
        .drawPage(into: &screen, body: places.body)
      return
    }
    if !places.form.isEmpty {
      drawTitle(into: &screen, places)
      LabFormView(lab: lab, theme: theme).draw(into: &screen, places.form)
    }
    if !places.verdict.isEmpty { drawVerdict(into: &screen, places) }
    if !places.ledger.isEmpty {
      drawLedgerTitle(into: &screen, places)
      LedgerView(lab: lab, theme: theme).draw(into: &screen, places.ledger)
    }
    if !places.answers.isEmpty { drawAnswers(into: &screen, places) }
    screen.drawDivider(places.divider, isListFocused: lab.focus == .form, theme: theme)
  }

  private func drawTitle(into screen: inout Cells, _ places: LabPlaces) {
    screen.drawTitleRule(
      places.title, isFocused: lab.focus == .form, theme: theme,
      title: { pen, screen in
        if let regions = session.regions {
          pen.write("\(regions.dictionary.title) › ", "text.dim", into: &screen)
        }
        pen.write("Ablation lab", "title", into: &screen)
        pen.write(" › region \(lab.region)", into: &screen)
        if let label = session.regions?.label(of: lab.region) {
          pen.write(" · ", "text.dim", into: &screen)
          pen.write(label.text, "region.label", into: &screen)
        }
      })
  }

  private func drawVerdict(into screen: inout Cells, _ places: LabPlaces) {
    let scrolled = lab.verdictPlace(in: session)
    screen.drawTitleRule(
      places.verdictTitle, isFocused: lab.focus == .series, theme: theme,
      title: { pen, screen in
        if let series = lab.series {
          pen.write(series.title, "title", into: &screen)
          return
        }
        guard let run = lab.run else {
          pen.write("What is known before an experiment", "title", into: &screen)
          return
        }
        pen.write(run.setup.depth.certainty, "title", into: &screen)
        pen.write(" · \(run.setup.depth.rawValue)", into: &screen)
        // As long as nothing is run for the target that is set above, this is of another one.
        let isOther = run.setup.target != lab.setup.target
        if isOther, let name = run.result?.targetName {
          pen.write(" · \(name)", "warning", into: &screen)
        }
        if let id = run.saved, !isOther || scrolled == nil {
          pen.write(" · experiment \(id)", "text.dim", into: &screen)
        }
        if let date = run.date {
          pen.write(" of \(Figures.date(date))", "text.dim", into: &screen)
        }
        if run.wasStopped { pen.write(" · stopped", "warning", into: &screen) }
      }, trailing: scrolled.map { rows($0, places) } ?? lab.run?.result.map { $0.targetName } ?? "")
    if let series = lab.series {
      SeriesView(
        series: series, tallies: lab.subject?.tallies ?? [:], theme: theme,
        isFocused: lab.focus == .series, clock: session.clock
      )
      .draw(into: &screen, places.verdict)
    } else if let run = lab.run {
      VerdictLines(
        run: run, next: lab.nextStep(in: session), clock: session.clock, theme: theme
      )
      .draw(into: &screen, places.verdict, from: scrolled?.top ?? 0)
    } else {
      BeforeView(lab: lab, session: session, theme: theme).draw(into: &screen, places.verdict)
    }
  }

  /// Which rows of the verdict are shown, and what shows the others.
  private func rows(_ place: VerdictLines.Place, _ places: LabPlaces) -> String {
    let end = place.top + places.verdict.rows
    let command: Command = end < place.rowCount ? .pageDown : .pageUp
    let key = session.key(command, in: .lists)
    return "\(key) · rows \(place.top + 1) to \(end) of \(place.rowCount)"
  }

  private func drawLedgerTitle(into screen: inout Cells, _ places: LabPlaces) {
    let count = lab.ledger.count
    screen.drawTitleRule(
      places.ledgerTitle, isFocused: lab.focus == .ledger, theme: theme,
      title: { pen, screen in
        pen.write("Ledger", "title", into: &screen)
        if lab.run?.result != nil {
          pen.write(" · \(lab.filter.title)", into: &screen)
        }
      },
      trailing: count == 0
        ? "" : "\(Figures.grouped(lab.cursor + 1)) of \(Figures.grouped(count))")
  }

  private func drawAnswers(into screen: inout Cells, _ places: LabPlaces) {
    screen.drawTitleRule(
      places.answersTitle, isFocused: false, theme: theme,
      title: { pen, screen in pen.write("Answers, side by side", "title", into: &screen) })
    guard let result = lab.run?.result, let prompt = lab.selectedPrompt else { return }
    AnswersView(lab: lab, result: result, prompt: prompt, theme: theme)
      .draw(into: &screen, places.answers)
  }

  private func drawWaiting(into screen: inout Cells, _ places: LabPlaces) {
    screen.drawTitleRule(
      places.body.split(rows: 1).top, isFocused: true, theme: theme,
      title: { pen, screen in pen.write("Ablation lab", "title", into: &screen) })
    let text = lab.failure ?? "opening the store, and finding where its prompts end…"
    var row = places.body.row + 2
    for line in WrappedText.lines(text, columns: places.body.columns - 6) {
      screen.write(
        line, row: row, column: places.body.column + 3,
        style: theme.style(lab.failure == nil ? "text.dim" : "warning"))
      row += 1
    }
    guard lab.failure != nil else { return }
    screen.write(
      "Esc goes back to the regions", row: row + 1, column: places.body.column + 3,
      style: theme.style("text.dim"))
  }
}

extension AblationSetup.Depth {
  /// How far what it says may be trusted.
  var certainty: String { self == .geometry ? "PREDICTED" : "MEASURED" }

  /// What it does, in a few words.
  var explanation: String {
    switch self {
    case .geometry: "predicts from stored activations; no weights"
    case .resume: "measures first tokens"
    case .generate: "measures whole answers"
    }
  }
}

extension LabSeries {
  var title: String {
    switch kind {
    case .k: "Dose: K regions, each basis"
    case .strength: "Dose: share taken out"
    case .alpha: "Steering: α along region \(points.first?.regions.first.map(String.init) ?? "")"
    case .layer: "Where: the layer of action"
    case .regions: "Search: each region by itself"
    }
  }
}

extension LabScreen {
  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    LabView(session: session, lab: self, theme: theme).draw(into: &screen)
  }
}
