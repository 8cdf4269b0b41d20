import Foundation
import Storage

/// Which prompts of a store a dictionary was built from: evaluated on those, it is not seen from outside.
package struct OwnPrompts: Sendable {
  private let texts: Set<String>
  /// By the sets and the split that the dictionary recorded of this very store.
  private let selection: StoreSelection?
  /// Whether the dictionary says what it was built from at all.
  package let isKnown: Bool
  /// Whether it names all of its prompts, or only those that it shows as contexts.
  package let isComplete: Bool

  /// - Parameter texts: those that the dictionary kept.
  init(_ file: DictionaryFile, texts: [String], of material: AblationMaterial) {
    let provenance = file.provenance
    self.texts = Set(texts)
    // A build that stopped early has not seen all that it would have.
    let isSame = provenance.storeID != nil && provenance.storeID == material.storeID
    selection =
      isSame && provenance.saturated != true && provenance.documentLimit == nil
      ? StoreSelection(recordedBy: provenance) : nil
    isKnown = isSame || !texts.isEmpty
    isComplete =
      selection != nil || provenance.prompts.map { texts.count >= $0 && $0 > 0 } ?? false
  }

  /// By the recorded sets and split, or else by the text that the model read, or the prompt's own words.
  package func contains(_ document: StoreDocument) -> Bool {
    if let selection {
      let isTaken =
        (selection.sets?.contains(document.set) ?? true)
        && (selection.split == nil || selection.split == document.split)
      if isTaken { return true }
    }
    return texts.contains(document.text) || texts.contains(document.prompt)
  }

  package func count(of prompts: [AblationPrompt]) -> EvaluatedPrompts {
    EvaluatedPrompts(
      count: prompts.count,
      own: isKnown ? prompts.count { contains($0.document) } : nil, isComplete: isComplete)
  }
}

/// How many of the prompts that an experiment evaluates its dictionary was built from.
package struct EvaluatedPrompts: Sendable, Equatable, Codable {
  package var count: Int
  /// `nil` where the dictionary does not say what it was built from.
  package var own: Int?
  /// Whether `own` counts all of them; else there are at least as many.
  package var isComplete: Bool

  /// What has to be said of it; `nil` where all are held out.
  package var sentence: String? {
    guard let own else {
      return "the dictionary does not say which prompts it was built from: whether evaluated ones "
        + "are among them is not known"
    }
    let few = isComplete ? "" : "at least "
    guard own > 0 else {
      return isComplete
        ? nil
        : "of the \(count) evaluated prompts none is among those that the dictionary shows; it does not "
          + "name all that it was built from"
    }
    return
      "\(few)\(own) of the \(count) evaluated prompts \(own == 1 ? "is" : "are") among those that the dictionary was built "
      + "from: \(own == 1 ? "it is" : "they are") not held out for it"
  }
}
