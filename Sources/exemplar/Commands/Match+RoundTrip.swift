import ArgumentParser
import Experiments
import Foundation
import Numerics
import Storage

/// What `match --roundtrip` and `--occupancy` take besides.
struct PromptMatchOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: "With --roundtrip: the dictionaries of B, one a layer; those before them are of A.")
  var against: [String] = []

  enum Kind: String, CaseIterable, ExpressibleByArgument { case harmful, benign, all }

  @Option(
    help: """
      With --roundtrip: which regions of A are sent: those whose prompts are all harmful or all benign, or all. Without \
      it harmful where the prompts say which they are, else all.
      """)
  var kind: Kind?

  @Option(
    help:
      "The split of prompts of --roundtrip and --occupancy, or all; else train where there is one.")
  var prompts: String?

  @Option(
    help: "Permutations of the null of --roundtrip and --occupancy (default: 2000; 0 for none).")
  var permutations: Int?

  /// Fails where one was given without either.
  func checkUnused() throws {
    let given: [(String, Bool)] = [
      ("--against", !against.isEmpty), ("--kind", kind != nil), ("--prompts", prompts != nil),
      ("--permutations", permutations != nil),
    ]
    if let (name, _) = given.first(where: { $0.1 }) {
      throw ValidationError("\(name) is of --roundtrip or --occupancy")
    }
  }
}

extension Match {
  /// The first option given that a comparison by prompts has no use for.
  func ignoredByPrompts(besides others: [(String, Bool)] = []) -> String? {
    let ignored: [(String, Bool)] = [
      ("--cutoff", cutoff != 0.7), ("--null", !null.isEmpty), ("--centre", centre == .common),
      ("--activations-a", activationsA != nil), ("--activations-b", activationsB != nil),
      ("--certificate", certificate), ("--no-stores", !stores), ("--label-a", labelA != "A"),
      ("--label-b", labelB != "B"), ("--export", page.page != nil),
    ]
    return (ignored + others).first { $0.1 }?.0
  }

  func checkPermutations() throws {
    guard (0...1_000_000).contains(trips.permutations ?? 2000) else {
      throw ValidationError("expected --permutations of 0 to 1000000")
    }
    guard seed == nil || trips.permutations != 0 else {
      throw ValidationError("--seed is of permutations")
    }
  }

  /// The stores of the prompts of both.
  func promptStores(
    _ a: DictionaryFile, _ b: DictionaryFile
  ) throws -> (a: StoreFile, b: StoreFile) {
    let attached = try attached(a, b)
    func store(_ store: StoreFile?, _ file: DictionaryFile, _ option: String) throws -> StoreFile {
      guard let store else {
        throw ExperimentError(
          .missing,
          "its prompts are needed, and no store lies beside it: give \(option)", file: file.name)
      }
      return store
    }
    return (try store(attached.a, a, "--store-a"), try store(attached.b, b, "--store-b"))
  }

  func checkRoundTrip() throws {
    if let ignored = ignoredByPrompts() {
      throw ValidationError("--roundtrip compares prompts alone, and has no use for \(ignored)")
    }
    guard trips.against.isEmpty ? dictionaries.count == 2 : !dictionaries.isEmpty else {
      throw ValidationError(
        "expected two dictionaries, or those of A and --against those of B")
    }
    try checkPermutations()
  }

  /// One pair of dictionaries.
  private struct Trip {
    var a: DictionaryFile
    var b: DictionaryFile
    var trip: RoundTrip
    var all: RoundTrip
  }

  func runRoundTrip() throws {
    let line = ProgressLine(isQuiet: style.quiet)
    let paths =
      trips.against.isEmpty
      ? (a: [dictionaries[0]], b: [dictionaries[1]]) : (a: dictionaries, b: trips.against)
    func open(_ paths: [String]) throws -> [DictionaryFile] {
      try paths.map { try DictionaryLocation.open(URL(filePath: $0)) }
    }
    let (filesA, filesB) = (try open(paths.a), try open(paths.b))
    let (storeA, storeB) = try promptStores(filesA[0], filesB[0])
    // The first of each side was checked as its store was attached.
    for (file, store) in filesA.dropFirst().map({ ($0, storeA) })
      + filesB.dropFirst().map({ ($0, storeB) })
    {
      _ = try AttachedStores.given(store.url, for: file)
    }
    let split = try trips.prompts ?? storeA.standardSplit(ofSets: nil)
    let shared = try SharedPrompts(
      storeA, storeB, split: split == StoreSelection.allSplits ? nil : split)
    let kind = trips.kind ?? (shared.roles.contains(.harmful) ? .harmful : .all)
    func isOfKind(_ role: AblationPrompt.Role?) -> Bool { role?.rawValue == kind.rawValue }
    if kind != .all, !shared.roles.contains(where: isOfKind) {
      throw ExperimentError(
        .missing, "expected \(kind.rawValue) prompts, found none among \(shared.a.count)",
        file: storeA.name)
    }
    let threads = threadCount.threads
    let inA = try filesA.map {
      try SharedPrompts.regions(of: shared.a, in: storeA, $0, threads: threads)
    }
    let inB = try filesB.map {
      try SharedPrompts.regions(of: shared.b, in: storeB, $0, threads: threads)
    }
    var found: [[Trip]] = []
    for (i, a) in filesA.enumerated() {
      found.append([])
      for (j, b) in filesB.enumerated() {
        try Interruption.check()
        line.show("pair \(i * filesB.count + j + 1) of \(filesA.count * filesB.count)")
        func trip(_ kind: [Bool]?) -> RoundTrip {
          RoundTrip(
            inA[i], inB[j], kind: kind, permutations: trips.permutations ?? 2000, seed: seed ?? 0)
        }
        let all = trip(nil)
        found[i].append(
          Trip(a: a, b: b, trip: kind == .all ? all : trip(shared.roles.map(isOfKind)), all: all))
      }
    }
    guard found.joined().contains(where: { !$0.trip.regions.isEmpty }) else {
      throw ExperimentError(
        .invalidValue,
        "no region's prompts are all \(kind.rawValue): there is nothing to send",
        file: filesA[0].name)
    }
    line.clear()
    let json = JSONValue.object(
      entries(found, kind, shared, split: split, storeA, storeB, seconds: line.seconds))
    if let place {
      let folder = try FolderOutput(
        place.url, overwrite: place.overwrite, replaceable: ["roundtrip.json", "roundtrip.svg"])
      try Data((json.text + "\n").utf8).write(to: folder.url.appending(path: "roundtrip.json"))
      try Data(plot(found, kind, prompts: shared.a.count).text.utf8).write(
        to: folder.url.appending(path: "roundtrip.svg"))
      try folder.commit()
    }
    if style.json {
      json.print()
    } else {
      print(text(found, kind, shared, split: split))
    }
  }

  // MARK: - What it says

  private func entries(
    _ found: [[Trip]], _ kind: PromptMatchOptions.Kind, _ shared: SharedPrompts, split: String?,
    _ storeA: StoreFile, _ storeB: StoreFile, seconds: Double
  ) -> [(String, JSONValue)] {
    func entries(_ trip: RoundTrip) -> [(String, JSONValue)] {
      [
        ("regions", .integer(trip.regions.count)), ("home", .integer(trip.home.count)),
        ("share", .optional(trip.share.rate)), ("wilson95", trip.share.wilsonJSON),
        (
          "null",
          trip.null.map { null in
            .object([
              ("permutations", .integer(null.permutations)), ("seed", .seed(null.seed)),
              ("mean", .number(null.mean)), ("max", .integer(null.largest)), ("p", .number(null.p)),
            ])
          } ?? .null
        ),
      ]
    }
    let trips = Array(found.joined())
    return entries(trips[0].trip) + [
      ("kind", .string(kind.rawValue)), ("all", .object(entries(trips[0].all))),
      ("homeRegions", .array(trips[0].trip.home.map { .integer(Int($0)) })),
      ("meanShare", .optional(Self.mean(trips.map(\.trip)))),
      ("meanShareOfAll", .optional(Self.mean(trips.map(\.all)))),
      (
        "layers",
        .array(
          trips.map { trip in
            .object(
              [
                ("a", .string(trip.a.name)), ("b", .string(trip.b.name)),
                ("hookA", .optional(trip.a.provenance.hook)),
                ("hookB", .optional(trip.b.provenance.hook)),
              ] + entries(trip.trip) + [("all", .object(entries(trip.all)))])
          })
      ),
      ("prompts", .integer(shared.a.count)), ("split", .optional(split)),
      ("onlyInA", .integer(shared.onlyInA.count)), ("onlyInB", .integer(shared.onlyInB.count)),
      ("storeA", .string(storeA.name)), ("storeB", .string(storeB.name)),
      ("identities", .array(trips.flatMap { [.string($0.a.identity), .string($0.b.identity)] })),
      ("seconds", .number(seconds)),
    ]
  }

  /// Every pair of layers weighs the same; those without a region to send are left out.
  private static func mean(_ trips: [RoundTrip]) -> Double? {
    let shares = trips.compactMap(\.share.rate)
    return shares.isEmpty ? nil : shares.mean
  }

  /// Hooks, where they tell a side's dictionaries apart; else the files.
  private func names(_ files: [DictionaryFile]) -> [String] {
    let hooks = files.compactMap(\.provenance.hook)
    return (Set(hooks).count == files.count ? hooks : files.map(\.name)).map { oneLine($0) }
  }

  private func names(_ found: [[Trip]]) -> (a: [String], b: [String]) {
    (names(found.map { $0[0].a }), names(found[0].map(\.b)))
  }

  /// A share of none of the permutations is no p of zero.
  private func probability(_ null: RoundTrip.Null?) -> String {
    guard let null else { return "—" }
    return null.p > 0 ? figure(null.p) : "< 1/\(null.permutations)"
  }

  private func text(
    _ found: [[Trip]], _ kind: PromptMatchOptions.Kind, _ shared: SharedPrompts, split: String?
  ) -> String {
    let names = names(found)
    let sent = kind == .all ? "regions" : "regions whose prompts are all \(kind.rawValue)"
    var lines = [
      "\(oneLine(found[0][0].a.name)) → \(oneLine(found[0][0].b.name)) → back, by \(shared.a.count) prompts"
        + (split.map { " (split \(oneLine($0)))" } ?? "")
    ]
    lines.append(
      table(
        ["A", "B", "sent", "home", "share", "95 % interval", "null", "max", "p", "all: home"],
        found.joined().enumerated().map { index, trip in
          let (one, all) = (trip.trip, trip.all)
          return [
            names.a[index / names.b.count], names.b[index % names.b.count], "\(one.regions.count)",
            "\(one.home.count)", figure(one.share.rate), figure(one.share.wilson()),
            figure(one.null?.mean), one.null.map { "\($0.largest)" } ?? "—",
            probability(one.null),
            "\(all.home.count) of \(all.regions.count)",
          ]
        }))
    if found.count * (found.first?.count ?? 0) > 1 {
      lines.append("")
      lines += map(found)
      lines.append(
        "mean over the pairs of layers: \(figure(Self.mean(found.joined().map(\.trip)))), of all regions "
          + figure(Self.mean(found.joined().map(\.all))))
    }
    lines.append(
      "sent are \(sent); the null permutes B's prompts, and counts what comes home by chance")
    if let sentence = shared.sentence { lines.append("note: \(oneLine(sentence))") }
    return lines.joined(separator: "\n")
  }

  /// Shares as shades, A's layers down and B's across.
  private func map(_ found: [[Trip]]) -> [String] {
    let names = names(found).a
    let width = names.map(\.count).max() ?? 0
    return zip(names, found).map { name, row in
      name + String(repeating: " ", count: width - name.count) + " "
        + row.map { SVGPlot.shade($0.trip.share.rate) }.joined()
    } + ["shades of a fifth each; · nothing to send; across: B's layers as in the table"]
  }

  private func plot(
    _ found: [[Trip]], _ kind: PromptMatchOptions.Kind, prompts: Int
  ) -> SVGPlot {
    let names = names(found)
    return SVGPlot(
      title: "Regions that come home through the other dictionary's prompts",
      caption: "\(kind.rawValue) regions of A, \(prompts) prompts; share of those sent",
      content: .grid(
        rows: names.a, columns: names.b, found.map { $0.map(\.trip.share.rate) }))
  }
}
