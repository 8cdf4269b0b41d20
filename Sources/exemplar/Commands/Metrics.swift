import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage

struct Metrics: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The reference's evaluation metrics, under its own key names.",
    discussion: """
      growth holds, for each batch, activations and prompts so far, regions so far, and the share of the batch's \
      activations that founded a region. Members are counted as the dictionary was streamed, as in the reference; with \
      --store the activations that are nearest to an exemplar now are counted beside them.

      With --json: one object.

      Example:
      exemplar metrics sample-dicts/smollm2-refusal.last.p10.epdict
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Option(help: "Regions with fewer members count as trivial.")
  var minMembers = 2

  @Option(help: "Also count how a store's activations (.epstore) lie nearest to the exemplars now.")
  var store: String?

  @OptionGroup var other: OtherModelOption
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard store != nil || !other.otherModel else {
      throw ValidationError("--other-model is of --store")
    }
    guard minMembers >= 0 else { throw ValidationError("expected --min-members of 0 or more") }
  }

  func run() throws {
    try MatrixProducts.verify()
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    let nearest = try store.map {
      try NearestCounts.read(
        file, try StoreFile(URL(filePath: $0)), isOtherAllowed: other.otherModel,
        threads: threadCount.threads)
    }
    // No more of it is held than the exemplars.
    let metrics = try file.metrics(minimumMembers: minMembers, threads: threadCount.threads)
    let members = try file.table().memberCounts
    let counts = nearest.map {
      MetricsRecord.Nearest($0, members: members, minimumMembers: minMembers)
    }
    if style.json {
      let growth = try file.growth()
      JSONValue(encoding: MetricsRecord(metrics, growth: growth, nearest: counts)).print()
      return
    }
    for entry in metrics.entries {
      let value = entry.value.map { entry.isCount ? "\(Int($0))" : formatted($0) } ?? "—"
      let name = entry.key.padding(toLength: 26, withPad: " ", startingAt: 0)
      let padding = String(repeating: " ", count: max(12 - value.count, 0))
      print("\(name)\(padding)\(value)  \(entry.meaning)")
    }
    print("members are counted as the dictionary was streamed")
    if let nearest, let counts {
      print(
        "nearest now: \(oneLine(nearest.words)); another number than the members in \(counts.unlikeMembers) of "
          + "\(members.count) regions")
      for notice in nearest.notices { print("note: \(oneLine(notice))") }
    }
  }
}
