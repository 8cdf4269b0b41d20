import Experiments
import Foundation
import Storage

/// Writes regions as a page to pass on.
struct WriteRegionsPage: ScreenWork {
  var dictionary: URL
  var regions: [Int]
  /// What they were narrowed by, in words.
  var filter: String?
  /// Those that are known on the screen.
  var outcomes: RegionOutcomes?
  var path: String

  struct Result: Equatable, Sendable {
    var path: String
    var regions: Int
  }

  var jobTitle: String? { "writing the page" }

  func perform(by performer: EffectPerformer) throws -> Result {
    let file = try performer.dictionary(dictionary)
    let notebook = try? performer.openNotebook()
    let page = try HTMLPage(
      regions: regions, of: file, labels: LabelView(file, notebook),
      notes: notebook?.notes(for: file.identity) ?? [:], filter: filter, outcomes: outcomes)
    try NewFile.write(page.text, to: path, within: performer.options.writes)
    return Result(path: path, regions: regions.count)
  }
}
