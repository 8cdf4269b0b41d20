import Experiments
import Numerics
import Storage
import Terminal

/// A result as lines: what it concluded, its table, its plot, how to read it and what it cannot say, and what of it can
/// be followed.
struct ResultsLines {
  /// What Enter follows.
  enum Item: Equatable {
    case match(Int)
    case region(dictionary: String, Int)
    /// The playground, as it was kept.
    case playground
  }

  struct Line {
    var line: StyledText
    var item: Item?
  }

  private(set) var lines: [Line] = []
  private let columns: Int

  init(_ page: ResultsPage, labels: [Int: String], columns: Int, plotRows: Int) {
    self.columns = max(20, columns)
    let experiment = page.experiment
    text(experiment.conclusion, "number")
    add(
      "\(experiment.date.formatted(.iso8601)) · dictionary \(experiment.identity.prefix(12))"
        + (experiment.isComplete ? "" : " · stopped before its end"), "text.dim")
    guard let result = page.result else {
      let failure = page.failure.map { "✗ \($0)" }
      add(failure ?? "reading…", failure == nil ? "text.dim" : "warning")
      return
    }
    add("", "text")
    if let report = result.report {
      table(report.header, report.rows)
      if [.ablation, .steering].contains(experiment.kind) {
        add("", "text")
        // The last one is the conclusion, which stands at the top.
        for remark in report.text.split(separator: "\n") where remark != experiment.conclusion {
          text(String(remark), "text")
        }
      }
      if let plot = report.plot {
        add("", "text")
        lines += GlyphPlot.lines(plot, columns: self.columns, rows: plotRows).map {
          Line(line: $0)
        }
      }
    } else {
      text(
        "Kept by an earlier version, without its prompts: its numbers are in its JSON, which E writes.",
        "text")
    }
    add("", "text")
    heading("How to read it")
    text(experiment.kind.reading, "text")
    heading("What it cannot say")
    text(experiment.kind.limits, "text")
    matches(result, labels)
    if let paths = result.paths { self.paths(paths) }
    if experiment.kind == .playground {
      add("", "text")
      add("Open it in the playground, where it can be run again", "key", .playground)
    }
  }

  /// The first line that can be followed.
  var firstItem: Int? { lines.firstIndex { $0.item != nil } }

  private mutating func add(_ text: String, _ role: String, _ item: Item? = nil) {
    lines.append(Line(line: StyledText(text, role), item: item))
  }

  private mutating func heading(_ text: String) { add(text, "title") }

  private mutating func text(_ text: String, _ role: String) {
    for line in TextLines.texts(sanitized(text, whitespace: .spaces), columns: columns) {
      add(line, role)
    }
  }

  private mutating func table(_ header: [String], _ rows: [[String]]) {
    guard !header.isEmpty else { return }
    let cells = ([header] + rows).map { row in
      header.indices.map {
        row.indices.contains($0) ? sanitized(row[$0], whitespace: .spaces) : ""
      }
    }
    let widths = header.indices.map { column in
      min(34, cells.map { DisplayWidth.of($0[column]) }.max() ?? 0)
    }
    guard widths.reduce(-2, { $0 + $1 + 2 }) <= columns else {
      // Too wide for this screen: a paragraph a row, nothing left out.
      for row in cells.dropFirst() {
        add(row[0], "text.strong")
        let facts = zip(header, row).dropFirst().map { "\($0) \($1)" }
        text("  " + facts.joined(separator: " · "), "text")
      }
      return
    }
    for (index, row) in cells.enumerated() {
      let text = row.enumerated().map { column, cell -> String in
        let shown = cell.count > widths[column] ? cell.prefix(widths[column] - 1) + "…" : cell
        return column == 0
          ? shown.padded(to: widths[column]) : shown.leftPadded(to: widths[column])
      }.joined(separator: "  ")
      add(text, index == 0 ? "header" : "text")
    }
  }

  // MARK: - What can be followed

  private mutating func matches(_ result: SavedResult, _ labels: [Int: String]) {
    guard let features = result.features, !result.matches.isEmpty else { return }
    add("", "text")
    heading("Regions and their best feature, by overlap of top \(features.topK) rows")
    add("  region  feature    F1   overlap  precision  recall   F1 firing  label", "header")
    for (index, match) in result.matches.enumerated() {
      let firing = features.firing(match.id)
      let fields = [
        ("\(match.id)").leftPadded(to: 8), ("\(match.partner)").leftPadded(to: 9),
        (Figures.fixed(match.f1, 2)).leftPadded(to: 6),
        ("\(match.overlap)").leftPadded(to: 10),
        (Figures.fixed(match.precision, 2)).leftPadded(to: 11),
        (Figures.fixed(match.recall, 2)).leftPadded(to: 8),
        (firing.map { Figures.fixed($0.f1, 2) } ?? "—").leftPadded(to: 12),
      ]
      lines.append(
        Line(
          line: StyledText([
            .init(fields.joined(), "text"),
            .init(labels[match.id].map { "  " + $0 } ?? "", "region.label"),
          ]), item: .match(index)))
    }
  }

  private mutating func paths(_ paths: SavedPaths) {
    for leg in paths.dictionaries {
      add("", "text")
      let hops = leg.hops.map { Figures.count($0, "hop") } ?? "no path joins them"
      let median = leg.medianHops.map {
        ", where a region of this dictionary is \(Figures.fixed($0, 1)) away in the median"
      }
      heading(
        "\(leg.dictionary) · K \(Figures.grouped(leg.regions)) · θ \(Figures.fixed(leg.theta, 3))")
      add("\(leg.from) to \(leg.to): \(hops)\(median ?? "")", "text")
      let path = leg.path ?? []
      for (index, step) in path.enumerated() {
        let mark = index == 0 ? "┌" : index == path.count - 1 ? "└" : "├"
        let tokens = (step.tokens ?? []).map { TextLines.token($0) }.joined(separator: " ")
        lines.append(
          Line(
            line: StyledText([
              .init("  \(mark)─ ", "bar"), .init(("\(step.region)").leftPadded(to: 6), "title"),
              .init((Figures.count(step.members, "member")).leftPadded(to: 15), "number"),
              .init(step.label.map { "  \($0)" } ?? "", "region.label"),
              .init(tokens.isEmpty ? "" : "  lens: \(tokens)", "text.dim"),
            ]), item: .region(dictionary: leg.dictionary, step.region)))
      }
    }
  }
}

extension SavedExperiment.Kind {
  /// In words, for a list.
  var title: String {
    switch self {
    case .autoencoder: "sparse autoencoder"
    case .detection: "concept detection"
    case .grid: "refusal grid"
    case .directions: "refusal directions"
    default: rawValue
    }
  }

  /// How to read a result of this kind.
  var reading: String {
    switch self {
    case .coverage:
      "The share of each source's activations within θ of an exemplar, and how well the distance tells a source from the first one: AUROC 0.5 is chance, 1 is perfect. The baselines see the same rows."
    case .probe:
      "Held-out scores of a probe that sees only which region a row is in, beside one that sees the activation itself, on the same folds. The retained share is how much of the raw probe's gain over chance the regions keep."
    case .detection:
      "For each concept one region is chosen on the training texts and scored on texts held out: AUROC 0.5 is chance. The random region is the control; a difference of means and a linear probe are what the activations allow."
    case .autoencoder:
      "For each region the feature whose most active rows overlap its own most, and F1 of the two sets. The share above 0.5 counts only beside its null, where the rows of one side are shuffled."
    case .stability:
      "The same activations in another order: the cosine of means matched one to one, beside a dictionary rotated at random. The adjusted Rand index is 1 where the same rows are together, and 0 by chance."
    case .paths:
      "The fewest hops between two regions over the graph that joins each region to its nearest neighbours. Hops are short or long only beside the median to all regions of the same dictionary."
    case .alignment:
      "Spearman's correlation, over pairs of regions, of the distance of directions and of what the lens predicts from them. The null deals the predictions to other regions."
    case .trace:
      "Of a text, the nearest region of each token. Of prompts, the region of the final position of each, layer by layer: the region most prompts of a category share, and how much of their regions two categories have in common. Of an attribution, embedding · gradient of how near one position lies to one region, token by token, beside other regions and shuffled directions."
    case .suggestion:
      "What a program would call regions; a person's label is another thing. Told rightly: contexts that it had not seen, told from other regions' by its own words; 0.5 is chance."
    case .saturation:
      "Regions that activations of each kind need under one centre and θ, after as many of each; intervals are over orders of the documents. The null deals the documents of all kinds anew."
    case .resolution:
      "How well regions agree with a label at each p: the adjusted Rand index is 1 where they are the same, and 0 by chance. Purity grows with the number of regions alone; the null deals the labels anew."
    case .directions:
      "How well the product with each layer's direction, from benign to harmful prompts, tells held-out prompts of the two apart: AUROC 0.5 is chance. Shuffled groups say what the regions are worth beside as many groups of as many prompts; random rows are the control."
    case .grid:
      "The change of the refusal rate on harmful prompts when the first candidates are taken out, for each p, basis and number of regions; intervals are over orders of the prompts that the dictionaries were built in. The null takes out as much of no meaning."
    case .patching:
      "How often the most probable next token becomes the source's answer when its residual, or its region's direction, stands in the receiver's place; intervals resample prompts. Controls put in the receiver's own region and one drawn at random; the null deals the answers anew."
    case .neighbourhood:
      "The regions nearest to one, with what the lens makes of them, beside the median distance to all. The picture has three directions of many: how much of the variance they hold stands below it."
    case .playground:
      "The first words of what the model wrote, untouched and edited, greedily: the same again when it is run again."
    case .ablation, .steering:
      "Rates with n and Wilson intervals, beside the same edit at a control region; flips are tested in pairs."
    }
  }

  /// What a result of this kind does not show.
  var limits: String {
    switch self {
    case .coverage:
      "Inside does not mean understood, only that something alike was seen. A source of other lengths or another template differs for that alone."
    case .probe: "That a region tells the target apart does not say the model uses it."
    case .detection:
      "A concept that is spread over several regions looks undetected; the choice is as good as the training texts."
    case .autoencoder:
      "A low F1 does not say which of the two divides the activations better, and top sets depend on their size."
    case .stability:
      "Nothing about other data, another θ or another layer; a region without a partner may be rare rather than wrong."
    case .paths:
      "A path is geometry: that regions lie between two others does not mean the model passes through them."
    case .alignment:
      "The lens leaves out the layers above, so a weak correlation may be the lens's; pairs are not independent, which is why the null is by permutation."
    case .trace:
      "Sharing a region at one layer is no cause of sharing one at the next; few prompts a category give wide intervals. A gradient says what a small change would do, not what the text would be without the token."
    case .suggestion:
      "That words tell contexts apart does not say that the model uses what they name."
    case .saturation:
      "How many kinds of thing a text holds: regions are counted at one θ, and a longer text needs more of them."
    case .resolution:
      "That the model uses what the label names: texts that differ in it may differ in more, and one order of one prompt frame is one case."
    case .directions:
      "That the model refuses by the direction: harmful and benign prompts differ in more than what is refused, and a readout moves nothing. Steering along it is another experiment."
    case .grid:
      "Whether what is no refusal is an answer: read the degenerate share and KL beside it; by first tokens, whether the answer goes on as it began."
    case .patching:
      "That the model uses regions: a flip says that the direction carries the answer at this position, in prompts of these forms."
    case .neighbourhood:
      "What the model does with regions that lie close; cells that touch in the picture need not touch in the space."
    case .playground:
      "A few texts without a control: that an edited one differs says that the edit does something, not what, nor how often."
    case .ablation, .steering:
      "What other prompts, other strengths or sampled answers would do; see the limits beside the lab's verdict."
    }
  }
}
