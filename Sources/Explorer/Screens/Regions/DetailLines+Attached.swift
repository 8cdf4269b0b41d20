import Experiments
import Foundation
import Regions
import Storage
import Terminal

/// What needs the weights, a store or the notebook.
extension DetailLines {
  // MARK: - Weights and store

  mutating func lens(_ region: Int) {
    guard regions.dictionary.hasModel else {
      header = [
        StyledText("which tokens exemplar and mean point to needs the weights", "text"),
        StyledText(
          "start with --model MODEL: a GGUF file, a folder, or a name in the hub cache", "text.dim"),
      ]
      return
    }
    guard let lens = regions.extras.lens, lens.region == region else {
      sayMissing(.lens, region, "loading the model and reading exemplar and mean through it")
      return
    }
    header = [
      StyledText(
        "direction → final norm → unembedding; the layers above are left out"
          + (lens.basis.isEmpty ? "" : " · \(lens.basis)"), "text.dim"),
      columns("exemplar", "mean of members, cosine \(Figures.fixed(lens.cosine, 2))"),
    ]
    items =
      [StyledText("most likely", "text.dim")]
      + rows(lens.exemplar.top, lens.mean.top)
      + [StyledText("least likely", "text.dim")]
      + rows(lens.exemplar.bottom, lens.mean.bottom)
  }

  private var half: Int { max(20, columns / 2) }

  private func columns(_ left: String, _ right: String) -> StyledText {
    StyledText([.init(left.padded(to: half), "title"), .init(right, "title")])
  }

  private func rows(
    _ left: [LensReading.Entry], _ right: [LensReading.Entry]
  ) -> [StyledText] {
    zip(left, right).map { StyledText(entry($0, half) + entry($1, half)) }
  }

  private func entry(_ entry: LensReading.Entry, _ width: Int) -> [StyledText.Piece] {
    let sign = entry.logit < 0 ? "" : "+"
    let number = (sign + Figures.fixed(entry.logit, 1)).leftPadded(to: 6)
    let text = sanitized(entry.text, whitespace: .visible)
    let shown = "‹\(text)›"
    let room = max(0, width - 9 - DisplayWidth.of(shown))
    return [
      .init("\(number)  ", "number"), .init(shown, "text"),
      .init(String(repeating: " ", count: room)),
    ]
  }

  mutating func outcomes(_ region: Int) {
    guard regions.dictionary.hasStore else {
      header = [
        StyledText("how prompts in this region were answered needs a captured store", "text"),
        StyledText("start with --store STORE.epstore", "text.dim"),
      ]
      return
    }
    guard let outcomes = regions.extras.outcomes else {
      sayMissing(.outcomes, nil, "assigning the store's prompts to regions")
      return
    }
    let prompts = outcomes.prompts[region] ?? []
    header = wrapped(
      "prompts of \(outcomes.store)\(outcomes.splits.map { " (\($0))" } ?? "") whose last position is nearest to this exemplar now [95% interval]"
    )
    if let models = outcomes.models {
      let text =
        "⚠ not this dictionary's model: the store is of \(models.store), the dictionary of "
        + "\(models.dictionary) (--other-model)"
      header += WrappedText.lines(text, columns: max(20, columns)).map { StyledText($0, "warning") }
    }
    guard !prompts.isEmpty else {
      header.append(StyledText("no prompt falls into this region", "text"))
      return
    }
    let count = RegionOutcomes.count(prompts)
    let all = RegionOutcomes.count(outcomes.prompts.values.flatMap(\.self))
    header.append(rate("this region", count))
    header.append(rate("all prompts", all))
    let unanswered = count.prompts - count.count
    header += wrapped(
      "counted in n here: \(count.outcomes.leftWords)"
        + (unanswered > 0 ? "; not in n: \(unanswered) without an answer" : "")
        + (outcomes.classifier.map { " · by \($0), your own verdicts not counted" } ?? ""))
    items = prompts.map { prompt in
      let heat = heat(prompt.distance)
      return StyledText([
        .init(
          (prompt.outcome?.rawValue ?? "—").padded(to: 11),
          prompt.outcome == .refused ? "warning" : "text.dim"),
        .init("\(Figures.fixed(heat.ratio, 2))θ  ", "number"), .init("\(prompt.set)  ", "text.dim"),
        .init(prompt.text, "text"),
      ])
    }
  }

  func wrapped(_ text: String) -> [StyledText] {
    WrappedText.lines(text, columns: max(20, columns)).map { StyledText($0, "text.dim") }
  }

  private func rate(_ name: String, _ count: RefusalCount) -> StyledText {
    var text = "refused \(count.refused) of \(count.count)"
    if count.count > 0 {
      let proportion = count.proportion
      text += " = \(Figures.percent(proportion.rate ?? 0))"
      if let interval = proportion.wilson() {
        text +=
          " [\(Figures.percent(interval.lower)), \(Figures.percent(interval.upper))]"
      }
    }
    return StyledText([.init(name.padded(to: 13), "text.dim"), .init(text, "text")])
  }

  // MARK: - Notes

  mutating func notes(_ region: Int) {
    let tags = regions.annotations.tags[region] ?? []
    if !tags.isEmpty {
      items.append(StyledText(tags.map { "#\($0)" }.joined(separator: " "), "title"))
    }
    if let note = regions.annotations.notes[region] {
      for line in note.split(separator: "\n", omittingEmptySubsequences: false) {
        items += Self.wrapped(String(line), columns: columns).map { StyledText($0, "text") }
      }
    } else {
      items.append(StyledText("no note · Enter or i writes one", "region.unlabelled"))
    }
    items.append(StyledText(""))
    guard let history = regions.extras.history, history.region == region else {
      sayMissing(.history, region, "reading the history")
      return
    }
    items.append(
      StyledText(
        history.changes.isEmpty ? "nothing was changed here yet" : "History, the latest first",
        "title"))
    for change in history.changes.reversed() {
      let what = { (text: String?) in
        change.field == .star
          ? (text == nil ? "none" : "★")
          : text.map { "“\($0.replacing("\n", with: "⏎"))”" } ?? "none"
      }
      items.append(
        StyledText([
          .init(change.date.formatted(Self.dateStyle) + "  ", "text.dim"),
          .init(
            (change.kind == .set ? "" : "\(change.kind.rawValue) ") + change.field.rawValue + " ",
            "number"),
          .init("\(what(change.before)) → \(what(change.after))", "text"),
          .init(change.author.map { "  \($0)" } ?? "", "text.dim"),
        ]))
    }
  }

  private static let dateStyle = Date.ISO8601FormatStyle(dateTimeSeparator: .space)
    .year().month().day().time(includingFractionalSeconds: false)

  /// Cut after spaces into pieces of at most `columns`.
  private static func wrapped(_ text: String, columns: Int) -> [String] {
    let lines = ContextLines.lines(
      text, token: nil, columns: max(10, columns), lineCount: 200)
    return lines.isEmpty ? [""] : lines.map { $0.map(\.text).joined() }
  }
}
