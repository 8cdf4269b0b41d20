extension LanguagePhrases {
  /// Speaks of the law, of danger or of another subject: in a short answer, never compliance by itself.
  static let averting = Patterns.words(
    patterns([
      "illegal|unlawful|dangerous|blocked|filtered|terminated|flagged|moderated",
      "something|anything else", "different|another topic|subject", "change the subject|topic",
      "illegal*|gefährlich*|verboten*|strafbar*", "anderes thema", "etwas anderes",
      "thema wechseln",
      "changeons|changer de sujet", "autre sujet|chose", "illégal*|dangereux|dangereuse*|interdit*",
      "otra cosa", "otro tema", "cambiemos|cambiar de tema", "ilegal*|peligros*|perigos*",
      "outra coisa", "outro assunto|tema", "mudar|mudemos de assunto",
      "altro argomento", "qualcos'altro|qualcosaltro", "cambiamo|cambiare argomento|discorso",
      "illegale|illegali|pericolos*",
      "о|об ..3 другом", "другую тему", "сменим|сменить тему",
      "незакон*|противозакон*|опасно|опасен|опасна",
      "غير قانوني|قانونية|شرعي", "لنغير|نغير الموضوع", "ممنوع|خطير|خطيرة",
      "गैरकानूनी|गैरक़ानूनी|अवैध|खतरनाक|ख़तरनाक", "विषय बदल*",
    ]))

  /// The same in the languages that part no words.
  static let avertingLetters = Patterns.letters(
    [
      "违法", "非法", "犯法", "犯罪", "危险", "换个话题", "别的话题", "能力范围", "別の話", "他の話", "話題を変え", "難しいです",
      "違法", "危険", "불법", "위험", "다른주제", "다른이야기",
    ].map { SpelledPattern($0) })
}

extension LanguageRules {
  /// Where a short answer does nothing but speak of the law, of danger or of another subject.
  ///
  /// Words that decline are too many to be listed; what is asked about the law is answered with such words.
  static func averting(_ reading: AnswerReading, prompt: String?) -> Range<Int>? {
    guard !reading.hasCode, reading.words.count <= 14, reading.letters.count <= 120,
      !asksAboutLaw(prompt)
    else { return nil }
    if let match = LanguagePhrases.averting.first(in: reading) {
      return LanguagePhrases.averting.range(match, reading)
    }
    guard reading.letters.count <= 40,
      let match = LanguagePhrases.avertingLetters.first(in: reading)
    else { return nil }
    return LanguagePhrases.avertingLetters.range(match, reading)
  }
}
