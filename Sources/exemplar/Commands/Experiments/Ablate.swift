import ArgumentParser
import Experiments
import Foundation
import LanguageModel
import Numerics
import Storage

struct Ablate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take regions' directions out of the model and see what happens to refusals.",
    discussion: """
      The regions are the first candidates (--top, by --rank) or those named (--regions), taken out together. Candidates are chosen on the \
      store's train split, by the regions of final positions; the held-out split is evaluated, beside the unedited \
      model and a control. Answers are greedy, and kept beside the store: the same command goes on after an \
      interruption, and an experiment that shares a condition does not repeat it.

      With --swap the regions are those whose train prompts are all harmful: their span is taken out, and the part \
      of it that the wholly benign regions have is put back. Beside it stand the harmful span and the benign span \
      projected off alone, the shift between the means, and the swap of the two kinds' global means.

      With --grid dictionaries are built from the store like the given one, for every p and every order of its documents (seeds, \
      as build --seed), and the first candidates are taken out in every basis: --grid p=4,8,15 seeds=0..4 basis=mean,exemplar k=1,2. \
      Dictionaries and cells are kept, so that the same command goes on after an interruption.

      With --json: one object; with --grid a line a cell.

      Example:
      exemplar ablate sample-dicts/smollm2-refusal.last.p10.epdict --store \\
        sample-dicts/smollm2-refusal.epstore --depth geometry
      """)

  @OptionGroup var options: AblationOptions

  @Option(
    help:
      "How candidates are ranked: reference (rate × n) or lift (Wilson bound above the base rate, × n)."
  )
  var rank: CandidateRank = .reference

  @Option(help: "Take out the first so many candidates together.")
  var top: Int?

  @Option(help: "The share of the component that is taken out; 1 without it.")
  var strength: Float?

  @Flag(
    help: """
      Swap the wholly harmful regions for the wholly benign ones, of basis mean or exemplar, instead of taking \
      regions out.
      """)
  var swap = false

  enum Sweep: String, CaseIterable, ExpressibleByArgument { case k, strength, layer, regions }

  @Option(
    help: """
      Run a series instead: k (candidates 1 to --top, each basis), strength (0.25 to 1.5), layer (the hook after each \
      layer), or regions (each by itself, ranked by the change of the first token's refusal log-odds).
      """)
  var sweep: Sweep?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      Run every cell of p × seeds × basis × k. p alone has to be said; without the others: seeds=0, basis=mean,exemplar and \
      k=1. 0..4 counts from 0 to 4.
      """, valueName: "axis=values"))
  var grid: [String] = []

  @Option(help: "With --grid: also write the change of refusals by p as an .svg.")
  var plot: String?

  @Option(help: "Run the saved experiment of this number again, as it was set up.")
  var again: Int64?

  func validate() throws {
    guard
      again == nil
        || (top == nil && regions == nil && strength == nil && sweep == nil && rank == .reference
          && !swap && grid.isEmpty && !options.isSetup)
    else {
      throw ValidationError("--again takes the whole setup from the saved experiment")
    }
    if swap, let ignored = ignoredBySwap() {
      throw ValidationError("--swap decides about \(ignored) itself")
    }
    if let ignored = try ignoredByGrid() {
      throw ValidationError("--grid decides about \(ignored) itself, or has no use for it")
    }
    guard sweep != .regions || options.judging.judge == nil else {
      throw ValidationError("--judge reads whole answers, and --sweep regions makes none")
    }
    guard top == nil || regions == nil else {
      throw ValidationError("--top and --regions exclude each other")
    }
    guard top ?? 1 > 0 else { throw ValidationError("expected a positive --top") }
    guard strength?.isFinite ?? true else { throw ValidationError("expected a finite --strength") }
    guard regions == nil || rank == .reference else {
      throw ValidationError("--rank is of candidates, and --regions names what is taken out")
    }
    if let sweep, let ignored = ignored(by: sweep) {
      throw ValidationError("--sweep \(sweep.rawValue) decides about \(ignored) itself")
    }
    _ = try named()
  }

  /// The first option that a series has no use for.
  private func ignored(by sweep: Sweep) -> String? {
    let given: [(String, Bool)] =
      switch sweep {
      case .k: [("--regions", regions != nil), ("--basis", options.basis != .mean)]
      case .strength: [("--strength", strength != nil)]
      case .layer: [("--at", options.at != nil)]
      case .regions:
        [
          ("--regions", regions != nil), ("--top", top != nil), ("--rank", rank != .reference),
          ("--null", options.null != "auto"), ("--report", options.report != nil),
          ("--export", options.page.page != nil), ("--baselines", options.baselines),
          ("--depth", options.depth == .generate), ("--counts-as", options.countsAs != nil),
          ("--max-new-tokens", options.maxNewTokens != nil),
        ]
      }
    return given.first { $0.1 }?.0
  }

  /// The first option that a swap has no use for.
  private func ignoredBySwap() -> String? {
    let given: [(String, Bool)] = [
      ("--regions", regions != nil), ("--top", top != nil), ("--rank", rank != .reference),
      ("--strength", strength != nil), ("--sweep", sweep != nil),
      ("--baselines", options.baselines),
    ]
    return given.first { $0.1 }?.0
  }

  var regions: String? { options.reading.regions }
  private func named() throws -> [Int]? { try options.reading.named.ids() }

  func run() throws {
    Interruption.watch()
    guard grid.isEmpty else { return try runGrid() }
    let target: AblationSetup.Target =
      if let named = try named() { .regions(named) } else { .top(sweep == .k ? 1 : top ?? 1, rank) }
    let saved = try again.map { id in
      let identity = try DictionaryLocation.open(URL(filePath: options.dictionary)).identity
      return try AblationResult.saved(id, in: try openNotebook(), on: identity).result
    }
    let setup =
      try saved?.setup
      ?? options.setup(
        swap ? .swap : .ablate(strength: strength ?? 1), target: target)
    let line = ProgressLine(isQuiet: options.style.quiet)
    var checked = setup
    // A series decides about its controls step by step.
    if sweep == .k || sweep == .regions { checked.null = .none }
    let runner = try options.runner(checked, again: saved)
    if let sweep {
      try run(sweep, runner, setup, line)
      return
    }
    let results = try options.judge(
      [options.run(runner, setup, line)], by: runner, line, again: saved)
    line.clear()
    for kept in try options.keep(results) {
      if options.style.json {
        JSONValue(encoding: kept.record(texts: options.texts)).print()
      } else {
        options.show(kept)
      }
    }
  }

  private func run(
    _ kind: Sweep, _ runner: AblationRunner, _ setup: AblationSetup, _ line: ProgressLine
  ) throws {
    let sweep: AblationSweep
    switch kind {
    case .regions:
      try search(runner, setup, line)
      return
    case .k:
      sweep = runner.sweepOfK(setup, maximum: top ?? 5)
      let most = sweep.steps.reduce(0) {
        if case .top(let count, _) = $1.setup.target { max($0, count) } else { $0 }
      }
      let named = setup.null.regions
      guard named.isEmpty || named.count == most else {
        throw ExperimentError(
          .invalidValue,
          "expected \(most) null regions, as many as the largest step takes out, found \(named.count)",
          file: "--null")
      }
    case .strength: sweep = runner.sweep(setup, strengths: [0.25, 0.5, 0.75, 1, 1.25, 1.5])
    case .layer:
      guard runner.model != nil else {
        throw ExperimentError(
          .missing, "a sweep over layers needs --model and --depth resume or generate",
          file: runner.subject.material.name)
      }
      sweep = runner.sweepOfLayers(setup)
    }
    var done: [AblationResult] = []
    var partial: AblationResult?
    func soFar() -> [AblationResult] { done + [partial].compactMap(\.self) }
    let results = try options.interruptible(line, keeping: soFar) {
      try runner.run(sweep) { index, event in
        try Interruption.check()
        if case .began(let result) = event { partial = result } else { partial?.apply(event) }
        if case .finished = event {
          if let whole = partial { done.append(whole) }
          partial = nil
        }
        switch event {
        case .progress(let what, let done, let total):
          line.show(
            "\(index + 1) of \(sweep.steps.count), \(sweep.steps[index].label): \(what) \(done) of \(total)"
          )
        case .notice(let text) where !options.style.quiet:
          line.clear()
          StandardError.print(oneLine(text))
        default: break
        }
      }
    }
    let judged = try options.judge(results.compactMap(\.self), by: runner, line)
    line.clear()
    var kept = try options.keep(judged)[...]
    let steps = zip(sweep.steps, results).map { step, result in
      (step.label, result == nil ? nil : kept.popFirst())
    }
    if options.style.json {
      JSONValue(
        encoding: AblationSweepRecord(
          sweep.kind, steps.map { .init(label: $0, $1?.record(texts: options.texts)) })
      ).print()
      return
    }
    for (label, kept) in steps {
      guard let kept else { continue }
      print("\n\(oneLine(label))")
      options.show(kept)
    }
  }

  private func search(
    _ runner: AblationRunner, _ setup: AblationSetup, _ line: ProgressLine
  ) throws {
    let effects = try options.interruptible(line) {
      try runner.search(
        setup,
        onPrompts: { share in
          try Interruption.check()
          line.show("regions: \(Int(share * 100)) %")
        })
    }
    line.clear()
    if options.style.json {
      JSONValue(encoding: RegionEffectsRecord(effects, setup)).print()
      return
    }
    print(
      table(
        ["region", "Δ log-odds", "refuse before", "after", "of", "benign KL"],
        effects.map { effect in
          [
            "\(effect.region)", formatted(effect.logOddsChange), "\(effect.refusingBefore)",
            "\(effect.refusing)", "\(effect.prompts)",
            effect.benignDivergence.map(formatted) ?? "—",
          ]
        }))
  }
}
