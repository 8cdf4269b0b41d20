import ArgumentParser
import Experiments
import Foundation
import Storage

extension Match {
  func checkOccupancy() throws {
    if let ignored = ignoredByPrompts(besides: [
      ("--against", !trips.against.isEmpty), ("--kind", trips.kind != nil),
      ("--text-clusters", trips.textClusters != nil),
    ]) {
      throw ValidationError("--occupancy counts activations, and has no use for \(ignored)")
    }
    guard dictionaries.count == 2, output == nil else {
      throw ValidationError(
        output == nil
          ? "expected two dictionaries: the parent's and its child's"
          : "--occupancy prints its result, and has no files for --output")
    }
    try checkPermutations()
  }

  func runOccupancy() throws {
    let (a, b) = (
      try DictionaryLocation.open(URL(filePath: dictionaries[0])),
      try DictionaryLocation.open(URL(filePath: dictionaries[1]))
    )
    guard a.provenance.hook == b.provenance.hook, a.dimension == b.dimension else {
      throw ExperimentError(
        .mismatch,
        "expected the hook of \(a.name), \(a.provenance.hook ?? "not recorded") of \(a.dimension) components, "
          + "found \(b.provenance.hook ?? "not recorded") of \(b.dimension)", file: b.name)
    }
    let (parent, child) = try promptStores(a, b)
    let split = try trips.prompts ?? parent.standardSplit(ofSets: nil)
    let shared = try SharedPrompts(
      parent, child, split: split == StoreSelection.allSplits ? nil : split)
    let rows = try PairedRows(shared, parent: parent, child: child, for: b)
    let occupancy = try rows.occupancy(
      in: b, permutations: trips.permutations ?? 2000, seed: seed ?? 0,
      threads: threadCount.threads)
    // Read out are all that are listed, whatever they say.
    let listed = occupancy.regions.prefix(Self.shown).map(\.id) + occupancy.added.map(\.id)
    let words = try readouts.words(
      rows, of: Array(Set(listed)).sorted(), in: b, parent: a, at: dictionaries[0],
      threads: threadCount.threads, quiet: style.quiet)
    if style.json {
      for region in occupancy.regions {
        JSONValue(encoding: OccupancyRecord(region, of: occupancy, shared, words)).print()
      }
      return
    }
    print(text(occupancy, shared, words, split: split, names: (a.name, b.name)))
  }

  /// Regions that are shown by the change.
  private static let shown = 10

  private func text(
    _ occupancy: Occupancy, _ shared: SharedPrompts, _ words: RegionWords?,
    split: String?, names: (String, String)
  ) -> String {
    func row(_ region: Occupancy.Region) -> [String] {
      [
        "\(region.id)", "\(region.parent)", "\(region.child)",
        (region.difference > 0 ? "+" : "") + "\(region.difference)", "\(region.prompts)",
        figure(region.p),
      ]
    }
    func block(_ regions: [Occupancy.Region]) -> [String] {
      let lines = table(
        ["region", "parent", "child", "change", "prompts", "p"], regions.map(row)
      ).split(separator: "\n").map(String.init)
      var shown = [lines[0]]
      for (line, region) in zip(lines.dropFirst(), regions) {
        // A prompt is no column: it would be the widest.
        shown.append(line + "  " + oneLine(String(shared.b[region.example].prompt.prefix(60))))
        if let words = words?.words(of: region.id) {
          shown.append("    " + words.line(6) { oneLine($0) })
        }
      }
      return shown
    }
    let (all, added) = (occupancy.regions, occupancy.added)
    let notable = all.filter { $0.p ?? 1 < 0.05 && $0.difference > 0 }
    let what =
      "\(oneLine(names.0)) (parent) and \(oneLine(names.1)) (child), in the child's regions: "
    let taken = split.map { " (split \(oneLine($0)))" } ?? ""
    var lines = [
      what + "\(occupancy.rows) rows of \(shared.a.count) prompts" + taken,
      "\(occupancy.moved) of \(occupancy.rows) rows lie in other regions. "
        + sentence(notable, permutations: occupancy.permutations),
      "", "By the change of occupancy:",
    ]
    lines += block(Array(all.prefix(Self.shown)))
    lines += [
      "",
      added.isEmpty
        ? "No region has rows of the child alone."
        : "Every region with rows of the child alone (\(added.count)), to be read; the list selects nothing:",
    ]
    if !added.isEmpty { lines += block(added) }
    if let sentence = shared.sentence { lines.append("note: \(oneLine(sentence))") }
    return lines.joined(separator: "\n")
  }

  private func sentence(_ notable: [Occupancy.Region], permutations: Int) -> String {
    guard permutations > 0 else { return "No null was asked for." }
    guard !notable.isEmpty else {
      return
        "No region gains more of the child than the largest gain where parent and child are swapped at random."
    }
    let ids = notable.prefix(8).map { String($0.id) }.joined(separator: ", ")
    let more = notable.count > 8 ? ", …" : ""
    let verb = notable.count == 1 ? "region gains" : "regions gain"
    return
      "\(notable.count) \(verb) more of the child than chance does (parent and child swapped row by row, the largest "
      + "gain of all regions): \(ids)\(more)."
  }
}
