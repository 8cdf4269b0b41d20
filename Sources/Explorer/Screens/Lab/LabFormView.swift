import Experiments
import Terminal

/// What is asked of the model: fields to change, and the three depths.
struct LabFormView {
  let lab: LabScreen
  let theme: Theme

  func draw(into screen: inout Cells, _ rect: Rect) {
    let fields = LabScreen.Field.allCases
    let isSingle = rect.rows >= fields.count + 2
    let perColumn = isSingle ? fields.count : (fields.count + 1) / 2
    let columns = isSingle ? rect.columns : rect.columns / 2
    for (index, field) in fields.enumerated() {
      let row = rect.row + index % perColumn
      let column = rect.column + (index / perColumn) * columns
      draw(
        field, into: &screen, Rect(row: row, column: column, rows: 1, columns: columns))
    }
    drawDepths(
      into: &screen,
      Rect(
        row: rect.row + perColumn, column: rect.column, rows: rect.rows - perColumn,
        columns: rect.columns))
  }

  private func draw(_ field: LabScreen.Field, into screen: inout Cells, _ rect: Rect) {
    let isSelected = lab.focus == .form && lab.field == field
    if isSelected { screen.fill(rect, style: theme.style("region.selected")) }
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
    let name = field.rawValue
    pen.write(name, isSelected ? nil : "text.dim", into: &screen)
    pen.skip(max(1, 9 - name.count))
    if isSelected { pen.write("‹ ", into: &screen) }
    let room = pen.room - (isSelected ? 2 : 0)
    let values = field == .strength ? strengths : field == .prompts ? prompts : [value(of: field)]
    pen.write(
      values.first { DisplayWidth.of($0) <= room } ?? values.last ?? "",
      isSelected ? nil : "text.strong", into: &screen)
    // The table counts every prompt of the region; a target is chosen by these alone.
    let note = " in training"
    if field == .target, tally != nil, DisplayWidth.of(note) + 2 <= pen.room {
      pen.write(note, isSelected ? nil : "text.dim", into: &screen)
    }
    if isSelected { pen.write(" ›", into: &screen) }
  }

  /// How many directions are taken out or added.
  private var rank: Int {
    switch lab.setup.target {
    case .regions(let regions): regions.count
    case .top(let count, _): count
    case .directions: 1
    }
  }

  /// How the training prompts of the target's region were answered; `nil` where it is no one region's.
  private var tally: RegionTally? {
    if case .swap = lab.setup.intervention { return nil }
    guard case .regions(let regions) = lab.setup.target else { return nil }
    return regions.first.flatMap { lab.subject?.tallies[$0] }
  }

  private func value(of field: LabScreen.Field) -> String {
    let setup = lab.setup
    switch field {
    case .target:
      if case .swap = setup.intervention { return "all wholly harmful regions" }
      switch setup.target {
      case .regions(let regions):
        let ids = regions.map(String.init).joined(separator: ", ")
        guard let tally else {
          return "region \(ids) · no prompt"
        }
        return "region \(ids) · \(tally.refused)/\(tally.prompts) refused"
      case .directions(let choice): return "the direction \(choice.source.rawValue)"
      case .top(let count, let rank):
        let ids = (lab.subject?.candidates[rank] ?? []).prefix(count).map { String($0.region) }
        return "top \(count) by \(rank.rawValue): \(ids.joined(separator: ", "))"
      }
    case .basis: return setup.basis.rawValue
    case .strength:
      switch setup.intervention {
      case .ablate(let strength):
        return strength == 1
          ? "ablate all of it" : "ablate \(Figures.fixed(Double(strength) * 100, 0))%"
      case .swap: return "swap harmful for benign"
      case .steer: return strengths[0]
      }
    case .control:
      if case .swap = setup.intervention {
        return setup.null == .none ? "none" : "as many random directions"
      }
      switch setup.null {
      case .automatic:
        return rank > 1 ? "\(rank) null regions, else random" : "null region, else random"
      case .region, .regions:
        let regions = setup.null.regions
        return "region\(regions.count == 1 ? "" : "s") "
          + regions.map(String.init).joined(separator: ", ")
      case .random: return rank > 1 ? "\(rank) random directions" : "a random direction"
      case .none: return "none"
      }
    case .baselines:
      if case .swap = setup.intervention { return "the swap's parts" }
      guard setup.hasBaselines == true else { return "nothing" }
      // A control of random directions is not taken twice.
      return setup.null == .random ? "difference of means" : "diff. of means, random"
    case .counting: return lab.counting?.words ?? "refusals alone"
    case .hook: return setup.actionHook ?? lab.subject?.hook ?? ""
    case .prompts: return prompts[0]
    case .tokens: return "\(setup.maxNewTokens ?? lab.subject?.maxNewTokens ?? 48) new, greedy"
    }
  }

  /// Which are evaluated, the fullest wording first.
  private var prompts: [String] {
    let setup = lab.setup
    let chosen = (lab.subject?.splits ?? [])
      .filter { setup.split == "all" || $0.name == setup.split }
    let harmful = chosen.reduce(0) { $0 + $1.harmful }
    let benign = chosen.reduce(0) { $0 + $1.benign }
    let own = chosen.reduce(0) { $0 + $1.own }
    let counts = "\(setup.split) \(harmful) harmful, \(benign) benign"
    guard own > 0 else { return [counts] }
    return ["\(counts) · \(own) the dictionary's own", "\(counts) · \(own) own", counts]
  }

  /// What is done, the fullest wording first.
  private var strengths: [String] {
    guard case .steer(let alpha) = lab.setup.intervention else { return [value(of: .strength)] }
    let sum = "α \(ResidualNorm.figure(Double(alpha)))"
    guard let norm = lab.norm else { return ["steer, \(sum)"] }
    let norms = ResidualNorm.figure(norm.norms(alpha))
    return [
      "steer, \(norms) of the median norm \(ResidualNorm.figure(norm.median)) = \(sum)",
      "steer, \(norms) norms = \(sum)", "steer \(norms) norms", "steer, \(sum)",
    ]
  }

  private func drawDepths(into screen: inout Cells, _ rect: Rect) {
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
    let hasWeights = lab.subject?.hasWeights ?? false
    let depths = AblationSetup.Depth.allCases
    for (index, depth) in depths.enumerated() where rect.rows > 1 {
      let isPossible = depth == .geometry || hasWeights
      pen.write("\(index + 1)", isPossible ? "key" : "text.dim", into: &screen)
      pen.write(" \(depth.rawValue)", isPossible ? nil : "text.dim", into: &screen)
      let spare = rect.columns > 100 ? " — \(depth.explanation)" : ""
      pen.write(spare, "text.dim", into: &screen)
      pen.skip(3)
    }
    pen = Pen(theme: theme, row: rect.endRow - 1, column: rect.column + 1, end: rect.endColumn - 1)
    switch lab.subject?.weights {
    case .found(let name):
      pen.write("\(lab.subject?.store ?? "") · weights \(name)", "text.dim", into: &screen)
    case .missing(let why):
      // What is to be done is worth more than whose it is, which the title says.
      let reason = why.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? why
      pen.write(DisplayWidth.of(why) <= pen.room ? why : reason, "warning", into: &screen)
    case nil: break
    }
  }
}
