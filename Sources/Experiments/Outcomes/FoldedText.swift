import Foundation

extension LoweredText {
  /// What a zero-width character stands for: texts hide words behind it either way.
  enum ZeroWidth {
    case nothing, space
  }

  /// In lower case and compatibility form (full and half width alike), with one form of quotation mark and of apostrophe,
  /// and without characters that show nothing.
  static func folded(_ text: String, zeroWidth: ZeroWidth = .nothing) -> LoweredText {
    var result = LoweredText("")
    result.offsets = []
    var offset = 0
    for character in text {
      let spelling = character.isASCII ? nil : compatible(character, zeroWidth)
      for scalar in (spelling ?? String(character)).unicodeScalars {
        for lowered in scalar.properties.lowercaseMapping.unicodeScalars {
          if let mark = mark(lowered) {
            result.scalars.append(mark)
          } else if lowered.properties.generalCategory != .format {
            result.scalars.append(lowered)
          } else {
            continue
          }
          result.offsets.append(offset)
        }
      }
      offset += character.utf8.count
    }
    result.offsets.append(offset)
    return result
  }

  /// Whether a text holds characters that a reader may take for nothing or for a space.
  static func hasZeroWidth(_ text: String) -> Bool {
    text.unicodeScalars.contains { zeroWidthScalars.contains($0) }
  }

  /// Only the given scalars, in order.
  func keeping(_ ranges: [Range<Int>]) -> LoweredText {
    var result = LoweredText("")
    (result.scalars, result.offsets) = ([], [])
    for range in ranges {
      result.scalars += scalars[range]
      result.offsets += offsets[range]
    }
    result.offsets.append(ranges.last.map { offsets[$0.upperBound] } ?? offsets.last ?? 0)
    return result
  }

  private static let zeroWidthScalars: Set<Unicode.Scalar> = [
    "\u{200B}", "\u{2060}", "\u{FEFF}", "\u{00AD}", "\u{180E}",
  ]

  private static func compatible(_ character: Character, _ zeroWidth: ZeroWidth) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in character.unicodeScalars {
      if zeroWidthScalars.contains(scalar) {
        if zeroWidth == .space { scalars.append(" ") }
      } else {
        scalars.append(scalar)
      }
    }
    return String(scalars).precomposedStringWithCompatibilityMapping
  }

  private static func mark(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar {
    case "\u{2018}", "\u{2019}", "\u{00B4}", "\u{02BC}", "\u{201B}", "\u{FF07}", "\u{2032}": "'"
    case "\u{201C}", "\u{201D}", "\u{201E}", "\u{201F}", "«", "»", "‹", "›", "「", "」", "『", "』",
      "〝", "〞":
      "\""
    default: nil
    }
  }
}

/// Spellings of one word made one: without accents and points, with one form of each letter.
enum Folding {
  static func fold(_ word: String) -> String {
    if word.utf8.allSatisfy({ $0 < 0x80 }) { return word }
    var result = String.UnicodeScalarView()
    for scalar in word.decomposedStringWithCanonicalMapping.unicodeScalars {
      switch scalar.value {
      case 0x0300...0x036F, 0x093C, 0x064B...0x0655, 0x0670, 0x0640: continue
      default: break
      }
      if let spelling = letters[scalar] {
        // One by one: adding several copies all there is.
        for letter in spelling.unicodeScalars { result.append(letter) }
      } else {
        result.append(scalar)
      }
    }
    return String(result).precomposedStringWithCanonicalMapping
  }

  private static let letters: [Unicode.Scalar: String] = [
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ँ": "ं",
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي",
  ]

  /// The simplified form of the traditional characters that phrases are written with, and the Latin letter of those that
  /// only look like one.
  static func simplified(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    scalar.value < 0x4E00 ? scalar : traditional[scalar] ?? scalar
  }

  private static let traditional: [Unicode.Scalar: Unicode.Scalar] = {
    let pairs = """
      這这 個个 無无 協协 請请 諒谅 幫帮 對对 會会 們们 為为 爲为 說说 應应 違违 準准 則则 關关 規规 辦办 問问 \
      題题 繼继 續续 難难 絕绝 滿满 訊讯 資资 內内 創创 寫写 種种 類类 沒没 論论 談谈 處处 讓让 給给 與与 從从 \
      該该 還还 將将 實实 現现 執执 許许 權权 責责 據据 護护 傷伤 險险 樣样 點点 開开 國国 當当 謝谢 遺遗 擔担 \
      觸触 認认 識识 講讲 嗎吗 麼么 幾几 體体 細细 確确 見见 聽听 導导 參参 範范 條条 懲惩 罰罚 嚴严 後后 協协 \
      議议 鼓鼓 勵励 勸劝 貴贵 須须 覺觉 尋寻 專专 業业 話话 雙双 傳传 殺杀 竊窃 盜盗 詐诈 騙骗
      """
    return pairs.split(whereSeparator: \.isWhitespace).reduce(into: [:]) { map, pair in
      let both = Array(pair.unicodeScalars)
      map[both[0]] = both[1]
    }
  }()

  /// A Latin spelling of a word that mixes scripts, as `cаn` with a Cyrillic а; `nil` where it does not.
  static func latin(_ word: String) -> String? {
    guard word.unicodeScalars.contains(where: { ("a"..."z").contains($0) }),
      word.unicodeScalars.contains(where: { lookalikes[$0] != nil })
    else { return nil }
    var result = String.UnicodeScalarView()
    for scalar in word.unicodeScalars { result.append(lookalikes[scalar] ?? scalar) }
    return String(result)
  }

  private static let lookalikes: [Unicode.Scalar: Unicode.Scalar] = [
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "х": "x", "у": "y", "і": "i", "ѕ": "s",
    "ј": "j", "к": "k", "м": "m", "т": "t", "н": "h", "в": "b", "ԁ": "d", "ո": "n", "ο": "o",
    "α": "a", "ν": "v", "ι": "i", "κ": "k", "ρ": "p", "τ": "t", "υ": "u",
  ]
}
