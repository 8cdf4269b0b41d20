import ArgumentParser
import ExemplarPartitioning
import Foundation
import MatrixProducts
import Storage

struct Metrics: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The reference's evaluation metrics, under its own key names.",
    discussion: """
      growth holds, for each batch, activations and prompts so far, regions so far, and the share of the batch's \
      activations that founded a region.
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Option(help: "Regions with fewer members count as trivial.")
  var minMembers = 2

  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var style: OutputStyle

  func run() throws {
    try MatrixProducts.verify()
    let dictionary = try DictionaryLocation.open(URL(filePath: dictionary)).load()
    let metrics = dictionary.metrics(minimumMembers: minMembers, threads: threadCount.threads)
    if style.json {
      var entries: [(String, JSONValue)] = metrics.entries.map { entry in
        let value: JSONValue =
          entry.isCount ? .optional(entry.value.map { Int($0) }) : .optional(entry.value)
        return (entry.key, value)
      }
      entries.append(
        (
          "growth",
          .array(
            dictionary.growth.map { point in
              .array([
                .integer(point.activations), .integer(point.documents), .integer(point.regions),
                .number(point.newRegionRate),
              ])
            })
        ))
      JSONValue.object(entries).print()
      return
    }
    for entry in metrics.entries {
      let value = entry.value.map { entry.isCount ? "\(Int($0))" : formatted($0) } ?? "—"
      let name = entry.key.padding(toLength: 26, withPad: " ", startingAt: 0)
      let padding = String(repeating: " ", count: max(12 - value.count, 0))
      print("\(name)\(padding)\(value)  \(entry.meaning)")
    }
  }
}
