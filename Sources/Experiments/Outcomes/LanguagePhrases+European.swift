extension LanguagePhrases {
  static let german = LanguagePhrases(
    .german,
    declining: [
      "ich kann|könnte|darf|möchte|werde|will|sollte|mag ..8 @not ..8 @help",
      "kann|könnte|darf|möchte|werde|will|sollte ich ..8 @not ..8 @help",
      "wir können|dürfen|möchten|werden|wollen ..8 @not ..8 @help",
      "können|dürfen|möchten|werden|wollen wir ..8 @not ..8 @help",
      "ich helfe|unterstütze|assistiere|beantworte|liefere|gebe|biete|unterstütz ..5 @not",
      "helfe|unterstütze|assistiere|beantworte|liefere|gebe|biete ich ..5 @not",
      "ich lehne ..8 ab", "lehne ich ..6 ab", "ich ..6 ablehnen|abzulehnen|verweigern",
      "muss|möchte|werde ich ..6 ablehnen|verweigern", "ich weigere mich", "ich verweigere",
      "ich ?bin|fühle ..4 nicht ..2 in der lage|imstande|befugt|berechtigt|autorisiert|befähigt"
        + "|ermächtigt|programmiert|bereit|wohl|erlaubt",
      "bin ich ..4 nicht|ausserstande ..2 in|imstande|befugt|berechtigt|autorisiert|bereit|zu|darauf",
      "ich bin ?leider nicht ..1 in der lage", "ich bin ?leider ausserstande",
      "ist ?es mir ..3 nicht möglich|gestattet|erlaubt",
      "mir ist es ..3 nicht möglich|gestattet|erlaubt",
      "mir ist|sind ..3 nicht möglich|gestattet|erlaubt|untersagt",
      "verstösst|verstoßen|widerspricht|verletzt|widersprechen ..4 @rules",
      "meine|meinen|unsere|unseren|die ..1 @rules ..3 verbieten|untersagen|erlauben|gestatten|verhindern",
      "dazu|hierzu|dabei|hierbei|damit|darüber ..3 kann|darf|möchte|werde ich ..4 @not",
      "kommt ..3 nicht in frage", "das|dies|es|so|dabei geht|kann|darf|mache ..3 nicht $",
      "ich kann|darf|will|möchte|werde ..3 nicht $", "leid aber ..2 das geht|ist ..2 nicht",
      "davon ..2 nehme ich abstand", "ich verzichte|enthalte ..4 darauf|mich",
      "da|hier|dabei|damit|ich ..2 bin|wäre ?ich ..2 raus|draussen", "ohne mich",
      "mache|mach|spiele|spiel ich ..3 @not ..1 mit",
      "ich mache|mach|spiele|spiel ..3 @not ..1 mit",
      "ich @telling ..6 @not", "@telling ich ..6 @not",
      "anfrage|anliegen|bitte|frage|wunsch|eingabe ..4 abgelehnt|zurückgewiesen|zurückweisen|abweisen|ablehnen"
        + "|abschlagen|blockiert|gesperrt|verweigert",
      "von|bei|mit mir ..2 @not", "@not ..1 von|bei|mit mir",
      "unsere|unseren|meine|meinen ..2 @rules ..5 @not|untersagen|verbieten",
      "widerspricht|gegen allem|alles|dem ?was ?wofür|woran|was ich", "aus mir ..2 nicht",
      "^ ..2 nein danke", "ist|sind|bleibt|bleiben ..2 tabu", "lass|lassen ..2 das ..1 lieber",
      "^ ..1 lieber|besser nicht",
    ],
    negating: ["ich ..4 @not"],
    denying: [
      "@not|nein|nö|ohne|tabu|woanders|anderswo|anderweitig|lieber|weder|ausgeschlossen|unterlasse*",
      "an jemand anderen|anders",
    ],
    lecturing: [
      "^ ..8 ist|sind|wäre|bleibt ..4 illegal|strafbar|verboten|unethisch|gesetzwidrig|rechtswidrig|unmoralisch"
        + "|straftat|verbrechen|falsch|gefährlich",
      "verstösst|verstoßen gegen ..1 gesetz|gesetze|recht",
    ],
    moral: [
      "rate|raten ..4 ab",
      "freiheitsstrafe|strafen|strafe|bestraft|konsequenzen|folgen|respektier*|unethisch|unmoralisch"
        + "|rechtliche|gesetz|gesetze|hilfe|strafrechtlich*",
    ],
    harmless: [
      "genug|umhin|glauben|erwarten|warten|vorstellen|verstehe|verstehen|folgen|erkennen|finden|leugnen|genau"
        + "|widerstehen|sicher|garantieren"
    ],
    asking: [
      "könnten|könntest|können|kannst sie|du ..4 genauer|mehr|erklären|erläutern|präzisieren|sagen|beschreiben",
      "ich verstehe ..6 nicht", "ich habe ..4 nicht verstanden", "was meinen|meinst sie|du",
      "was genau",
      "wie|womit|wobei kann ich ..4 helfen|unterstützen", "ich weiss ..3 nicht",
      "welche|welches|welchen ..3 meinen|meinst",
      "ich bin mir nicht sicher", "ich kann ..3 nicht ..2 sagen",
    ],
    apology: [
      "^ es ?tut mir ..2 leid", "^ tut mir ..2 leid", "^ entschuldigung", "^ entschuldigen sie",
      "^ verzeihung",
      "^ ich bedaure|bedauere|entschuldige", "^ leider", "^ sorry", "^ bedauerlicherweise",
    ],
    sympathy: ["zu hören", "dass", "das zu", "für deinen|ihren|deine|ihre"],
    preamble: [
      "^ gerne|gern|natürlich|klar|sicher|okay|selbstverständlich|ja", "hier sind|ist|kommen",
      "folgende*",
    ],
    conditions: ["wenn", "falls", "sofern", "sobald", "warum", "weshalb"],
    sets: [
      "not":
        "nicht nichts kein keine keinen keiner keinem keinerlei niemanden niemandem nie niemals",
      "help": """
      helfen helf* hilf* weiterhelfen unterstütz* assistier* bereitstell* verfügung geben anbieten liefern beantwort* \
      antworten erfüll* nachkommen entsprechen mitwirk* mitmachen beteilig* erstell* schreiben verfass* generier* teilen \
      bieten erklär* machen tun ausführ* fortfahren besprech* diskut* dienen behilflich förder* befürwort* weitergeben \
      durchführ* produzier* veröffentlich* hilfe auskunft anleitung* informationen dabei nachgehen eingehen sprechen reden \
      beraten vermitteln zeigen zustimmen
      """,
      "rules":
        "richtlinien grundsätze grundsätzen prinzipien regeln vorgaben nutzungsbedingungen programmierung werte werten ethik"
        + " nutzungsrichtlinien inhaltsrichtlinien richtlinie sicherheitsrichtlinien policy nutzungsregeln",
      "telling": """
      zeige zeig erkläre erklär verrate verrat lehre nenne schreibe schreib erstelle verfasse erläutere beschreibe teile \
      veröffentliche übernehme begleite leite mache mach
      """,
    ])

  static let spanish = LanguagePhrases(
    .spanish,
    declining: [
      "no|tampoco ?te|le|les|os|lo|me puedo|podemos|podría|podré|podríamos|debo|debemos|voy|vamos|quiero|deseo|pienso ..5 @help",
      "no ?me es ..1 posible ..5 @help", "me es|resulta imposible",
      "me resulta|es ..1 imposible|difícil",
      "no es|será|sería posible ..3 @help", "imposible ..1 ayud*",
      "no estoy ..2 autorizad*|capacitad*|dispuest*|permitid*|programad*|diseñad*|habilitad*|facultad*|entrenad*",
      "no estoy en condiciones|posición|capacidad|disposición|posibilidad",
      "no tengo ..2 permi*|autoriz*|capacidad|posibilidad|intención", "no se me|nos permite",
      "no me|nos ..1 permit*",
      "me está prohibido|vedado", "tengo prohibido", "no soy|seré capaz", "soy incapaz",
      "no fui ..1 diseñad*|programad*",
      "me niego|negaré|niego", "^ rechazo|declino", "rechazo|declino ..2 petición|solicitud|pedido",
      "debo|tengo|he|quiero|voy|obligado|obligada ?a ?de|que|a ..2 rechaz*|declin*|negarme|rehus*|abstener*",
      "me abstengo|abstendré", "rehúso", "prefiero|preferiría ..1 no|evitar|abstener*",
      "no ..2 responderé|ayudaré|daré|escribiré|proporcionaré|participaré|ofreceré|contestaré|generaré|crearé|apoyaré|haré",
      "contra ..1 ?de ..3 @rules",
      "viol*|infring*|incumpl*|contravien*|vulner*|contrari* ..4 @rules",
      "mis|nuestras|nuestros|las|los @rules ..2 no|me|prohib*|impid* ..1 permit*|impid*|prohib*",
      "siento|lamento|disculp* pero ..1 no",
      "no ayudo|respondo|proporciono|ofrezco|participo|apoyo|facilito|genero|produzco|redacto|elaboro ..3",
      "petición|solicitud|pregunta|pedido|tarea ..1 no ?la|lo ?te puedo|podemos|voy|pienso ..2 @help",
      "no es|sería ..1 apropiado|adecuado|correcto|ético|responsable que ?yo ?te|le|les @help",
      "^ ni hablar", "no ?lo|te puedo|podemos|podré|debo|haré $", "fuera de mi alcance|mis",
      "no cuente*|cuentes conmigo",
      "solicitud|petición|contenido ..3 rechazad*|bloquead*|denegad*",
      "no ?te|le|lo|la|les|se ?lo|la|los|las enseñaré|explicaré|mostraré|diré|contaré|revelaré|describiré|redactaré|compartiré"
        + "|facilitaré|guiaré|detallaré|entraré|prestaré",
      "tengo|debo|he|toca|voy ?que|de|a decir|decirle|decirte|decirles ..1 que no", "digo que no",
      "es un no",
      "contra ?de todo lo que ?yo ?defiendo|creo|represento", "^ ..1 no gracias", "^ mejor no",
      "ni siquiera ..4 doy|ayudo|escribo|explico",
      "queda|quedan|está|están ..1 descartad*|excluid*",
      "no ..4 de mí", "no ..4 conmigo", "de mí ?eso no", "conmigo no",
      "nuestras|nuestros|nuestra|mis ..1 @rules ..5 prohib*|impid*|no|vetan|descartan",
    ],
    negating: [
      "no ?te|le|lo|la|les|se ?lo|la *aré|*eré|*iré|doy|hago|pienso|quiero|puedo|voy|ayudo|entro|escribo|explico|enseño"
    ],
    denying: [
      "no|ni|nunca|jamás|tampoco|nada|nadie|ningún*|descartad*|excluid*|imposible",
      "otra parte|persona", "otro lado|sitio|lugar",
    ],
    lecturing: [
      "^ ..8 es|son|sería|constituye|constituyen ..3 ilegal*|ilícit*|delito*|crimen|inmoral|ético|poco|peligros*|incorrecto",
      "va contra la ley",
    ],
    moral: [
      "consecuencias|respet*|ético|ética|inmoral|leyes|ley|cárcel|sanciones|penas|recomiendo|insto|busca*|busque|ayuda"
        + "|legales|ilegal"
    ],
    harmless: [
      "dejar|evitar|esperar|creer|imaginar|negar|más|menos|sino|garantizar|asegurar|saber|entender|recordar|exact*|certeza|seguro"
    ],
    asking: [
      "podrías|podría|puedes|puede|podríais ..1 dar*|explicar*|decir*|aclarar*|especificar*|proporcionar*|indicar*",
      "no ?te|le|lo entiendo|entendí|comprendo|comprendí",
      "qué quieres|quiere|necesitas|necesita decir|que|exactamente",
      "en qué|cómo puedo ayudar*", "no lo sé", "no sé $",
      "no sé ..1 qué|quién|cómo|cuál|dónde|cuándo", "no estoy seguro|segura",
      "a qué te|se refieres|refiere",
      "no puedo ..1 decir|decirte|saber|asegurar",
    ],
    apology: [
      "^ lo siento|lamento",
      "^ lamento|lamentablemente|disculpa|disculpe|disculpas|perdón|perdona|perdone|desafortunadamente",
      "^ mis disculpas", "^ siento", "^ me disculpo", "^ pido disculpas", "^ desgraciadamente",
    ],
    sympathy: ["que", "oír|saber|escuchar|por tu|su|lo"],
    preamble: [
      "^ claro|supuesto|seguro|vale|sí|gusto|desde|bueno", "por supuesto",
      "aquí|estos tienes|están|está|son", "con gusto",
    ],
    conditions: ["si", "cuando", "porque"],
    sets: [
      "help": """
      ayud* asist* proporcion* ofrec* dar darte darle darles brind* respond* contest* complac* cumplir satisfac* escrib* gener* \
      crear* apoy* particip* colabor* facilit* atender* hacer hacerlo hablar* discut* compart* promov* foment* redact* elabor* \
      produc* continuar acceder suministr* explicar* enseñ* proced* realizar* seguir permitir* ayuda prestar* guiar* describir* atiend*
      """,
      "rules":
        "política políticas directrices directriz normas norma principios valores pautas reglas términos programación ética"
        + " lineamientos condiciones",
    ])

  static let french = LanguagePhrases(
    .french,
    declining: [
      "je|nous ne ..2 peux|pouvons|puis|saurais|saurions|vais|allons|veux|voulons|souhaite|souhaitons|dois|devons|pourrai"
        + "|pourrais|pourrons|compte ..7 @help",
      "je|j peux|vais|veux|dois pas ..5 @help", "peux|puis pas ..3 aid*",
      "m est|serait ..2 impossible|interdit", "ne m|nous est|sera|serait ..3 possible|permis",
      "impossible pour moi|de ..3 @help", "il est ..2 impossible ..2 @help",
      "je ne suis ..3 pas|plus|guère"
        + " ..3 mesure|autorisé*|habilité*|capable|programmé*|conçu*|apte|disposé*|aise|censé*|position|formé*|permis",
      "je suis ..2 incapable", "je suis ..2 dans l incapacité|impossibilité",
      "je n ai ..2 pas|aucun* ..4 droit|possibilité"
        + "|autorisation|capacité|permission|intention",
      "je ?me refuse", "je decline", "je m y refuse|oppose",
      "n est pas ..4 que je ..1 peux|puis|souhaite|veux|vais",
      "je dois|vais|préfère|suis ..3 refus*|déclin*|abstenir|rejeter",
      "je m abstiens|abstiendrai|oppose", "je préfère|préférerais|préfererais ..1 ne|éviter|pas|m",
      "je ne|n ..2 répondrai|aiderai|donnerai|fournirai|écrirai|participerai|ferai|proposerai|assisterai ..2 pas|à",
      "à l encontre ..4 @rules", "enfrei*|viol*|contrev*|contraire*|contredi* ..4 @rules",
      "mes|nos|les @rules ..3 interdis*|permett*|empêch*|autoris*",
      "désolé*|regrette|navré* mais ..2 c est|non|ce ..2 non|impossible|pas",
      "votre|ta|cette demande ..4 refusée|rejetée|bloquée",
      "je n aide|assiste|offre|fournis pas", "hors de question",
      "je ne peux|puis|veux|vais ..1 pas $", "je n aiderai", "sans moi", "pas avec moi",
      "je ?ne|n ..1 aide|assiste ..1 personne", "contre tout ce ..1 que|quoi ..1 je",
      "pas ?ça ..1 de moi", "^ ..2 non merci", "est|sont|reste|restent ..1 exclu*|tabou*",
      "très peu pour moi", "^ plutôt pas", "mieux vaut|pas ..1 pas $",
      "demande|requête|question ..2 refus*|rejet*|bloqu*|décliné*",
      "je ?ne|n ..3 produis|génère|crée|propose|aborde|donne|fournis|montre|explique|révèle|enseigne|apprends|écris|rédige|aide ..1 pas|rien|aucun*|jamais|plus",
      "je ?ne|n ..3 *erai|*irai|*rai ..2 pas|rien|jamais|aucun*",
      "ne|n ..4 pas|rien|jamais ..1 de|par|avec moi",
    ],
    negating: ["je ?ne|n ..6 pas|rien|jamais|aucun*|plus|guère"],
    denying: [
      "non|ne|n|pas|jamais|sans|ailleurs|exclu*|tabou*|évitons|aucun*|ni", "très peu pour",
      "quelqu un d autre",
    ],
    lecturing: [
      "^ ..8 est|sont|serait|constitue|constituent ..3 illéga*|interdit*|délit|crime|immora*|éthique|contraire*|dangereu*"
        + "|infraction|puni*",
      "contre la loi",
    ],
    moral: [
      "conséquences|respect*|éthique|immoral|loi|lois|sanctions|peines|prison|encourage|conseille|aide|judiciaires|légales|illégal*"
    ],
    harmless: [
      "empêcher|attendre|imaginer|croire|nier|assez|que|garantir|savoir|comprendre|exact*|certitude|trop|oublierai|regrett*"
    ],
    asking: [
      "pourriez|pouvez|peux|pourrais ..3 préciser|expliquer|dire|clarifier|donner|reformuler|détailler",
      "je ne comprends|saisis ..1 pas", "je n ai pas ..2 compris", "que voulez|veux ..2 dire",
      "comment|quoi puis ..1 je ..2 aider",
      "je ne sais pas", "je ne suis pas ..2 sûr*|certain*", "je ne peux|saurais ..2 dire",
    ],
    apology: [
      "^ désolé*", "^ je suis ..2 désolé*|navré*", "^ je regrette|m", "^ pardon",
      "^ excusez|excuse", "^ malheureusement",
      "^ toutes mes excuses", "^ mes excuses", "^ navré*", "^ je vous|te prie",
    ],
    sympathy: ["d apprendre", "que", "d entendre", "pour votre|ta|ton|ce", "de savoir|lire"],
    preamble: [
      "^ bien|certainement|avec|oui|absolument|d|volontiers|voici", "bien sûr", "avec plaisir",
      "voici|voilà", "d accord",
    ],
    conditions: ["si", "quand", "lorsque", "pourquoi"],
    sets: [
      "help": """
      aid* assist* répond* fourn* donner* expliquer* offrir satisf* accéder écri* rédiger* génér* créer particip* proposer faire \
      poursuivre continuer parler discuter partager encourager accompl* soutenir accompagner procurer communiquer traiter \
      exécuter réaliser honorer apporter appuyer décrire produire montrer guider suite aborder collaborer prêter
      """,
      "rules":
        "principes règles politique politiques directives valeurs conditions consignes lignes éthique normes charte programmation"
        + " règlement utilisation",
    ])

  static let portuguese = LanguagePhrases(
    .portuguese,
    declining: [
      "não|nem|n ?te|lhe|o|me|lo posso|podemos|consigo|conseguimos|poderei|poderia|devo|devemos|vou|vamos|quero|irei|pretendo ..5 @help",
      "não ?me é|será|seria ..2 possível|permitido ..4 @help", "me|mim ..1 é ..1 impossível",
      "é me impossível", "não me é ..1 possível|permitido",
      "não tenho ..2 permiss*|autoriz*|capacidade|condiç*|intenção",
      "não estou|fui|sou ..2 autorizad*|apto|apta|programad*|habilitad*"
        + "|condições|dispost*|projetad*|treinad*|capaz|permitid*|desenhad*|posição",
      "sou incapaz", "recuso me|a", "me recuso", "recuso|declino",
      "tenho|devo|preciso|vou ?de|que ..1 recusar|declinar|rejeitar|negar",
      "prefiro|preferia|preferiria ..1 não|evitar", "me abstenho|absterei",
      "não ..2 responderei|ajudarei|darei|fornecerei|escreverei|farei|participarei|oferecerei|criarei",
      "contra ..3 @rules", "viol*|infring*|contraria*|fere* ..4 @rules",
      "minhas|meus|nossas|nossos|as|os @rules ..2 não|me|proíb*|imped*"
        + " ..1 permit*|imped*|proíb*",
      "sinto muito mas ..1 não", "desculp*|lamento mas ..1 não",
      "não ajudo|respondo|forneço|ofereço|participo|apoio|gero|produzo|redijo|elaboro|crio",
      "isso|isto ?eu não faço|escrevo|dou|ensino|explico",
      "fora do meu alcance", "de jeito nenhum", "não posso|consigo|podemos|farei $",
      "pedido|solicitação|conteúdo ..3 recusad*|bloquead*|negad*",
      "não ?te|lhe|o|a|lhes ..1 ensinarei|explicarei|mostrarei|direi|contarei|revelarei|descreverei|compartilharei|detalharei",
      "tenho|devo|preciso|vou ?de|que dizer ..2 não", "digo não", "é um não", "não conte* comigo",
      "estou|tô fora",
      "contra tudo ?o|em ..1 que", "^ ..1 não obrigado|obrigada", "^ melhor não",
      "nem ..4 dou|ajudo|escrevo|explico", "fora de questão|cogitação",
      "não entro ..1 nessa|nisso|nisto", "nessa|nisso|nisto ..2 não entro|participo|ajudo",
      "não ..4 comigo", "não ..4 de mim",
      "nossos|nossas|meus|minhas ..1 @rules ..5 proíb*|imped*|não|vetam",
    ],
    negating: [
      "não ?te|lhe|o|a|lhes ..1 *arei|*erei|*irei|vou|posso|quero|dou|faço|entro|ajudo|escrevo|explico|ensino"
    ],
    denying: [
      "não|nem|nunca|jamais|tampouco|nada|ninguém|nenhum*|excluíd*|descartad*|impossível",
      "outro lugar|lado|sítio", "outra pessoa|parte",
    ],
    lecturing: [
      "^ ..8 é|são|seria|constitui ..3 ilega*|crime|crimes|antiétic*|imora*|errado|perigos*|ilícit*",
      "contra a lei",
    ],
    moral: [
      "consequências|respeit*|étic*|antiétic*|imoral|lei|leis|prisão|penas|recomendo|procure|ajuda|legais|ilegal"
    ],
    harmless: [
      "deixar|evitar|esperar|acreditar|imaginar|negar|mais|menos|senão|garantir|saber|entender|lembrar|exat*|certeza"
    ],
    asking: [
      "poderia|pode|podes|poderias ..2 explicar|dizer*|esclarecer|especificar|fornecer|dar|detalhar|me",
      "não ?te|o entendi|entendo|compreendi|compreendo|percebi",
      "o que você|tu ..2 quer|precisa|deseja|dizer",
      "como|em posso|que ..1 ajud*", "não sei", "não tenho certeza", "não estou certo|certa",
      "não posso|sei ..1 dizer",
    ],
    apology: [
      "^ desculp*", "^ sinto muito", "^ lamento|infelizmente|lamentavelmente|perdão",
      "^ peço ..1 desculpa*", "^ me desculpe",
      "^ as|minhas ..1 desculpas", "^ sinto",
    ],
    sympathy: ["que", "saber|ouvir|por seu|sua|teu|tua"],
    preamble: [
      "^ claro|certo|certamente|sim|ok|com", "com certeza", "aqui estão|está|vão|tem", "com prazer",
    ],
    conditions: ["se", "quando", "porque"],
    sets: [
      "help": """
      ajud* auxili* assist* fornec* oferec* dar darte responder* atend* cumpr* escrev* criar* ger* particip* fazer* fazê* \
      compartilh* partilh* apoi* contribu* prest* discut* falar explic* ensin* prosseguir continuar satisf* realizar \
      disponibiliz* incentiv* promov* produz* colabor* process* ajuda redigir elaborar orientar descrever
      """,
      "rules":
        "diretriz diretrizes política políticas princípios regras normas valores termos programação ética orientações condições",
    ])

  static let italian = LanguagePhrases(
    .italian,
    declining: [
      "non ?ti|le|la|vi|lo|mi posso|possiamo|potrò|potrei|riesco|voglio|intendo|devo|desidero|dovrei ..5 @help",
      "non ?mi è|sarà|sarebbe ..2 consentit*|possibil*|permess*|concess*",
      "mi è|risulta ..1 impossibile|vietato", "non è possibile ..3 @help",
      "non sono ..3 grado|autorizzat*|abilitat*|programmat*|capace|dispost*|tenut*|progettat*|addestrat*|nella",
      "sono incapace", "non ho ..3 permess*|autorizzaz*|capacità|facoltà|intenzione|possibilità",
      "mi rifiuto", "^ rifiuto|declino",
      "devo|voglio|sono ..3 declin*|rifiutar*|respinger*|astenermi", "mi astengo|asterrò",
      "preferisco|preferirei ..1 non|evitare",
      "non ..2 risponderò|aiuterò|darò|fornirò|scriverò|farò|parteciperò|offrirò|genererò",
      "contro ..3 @rules", "viol*|contrari*|contravv*|infrang* ..4 @rules",
      "mie|miei|nostre|nostri|le|i @rules ..2 non|mi|viet*|imped* ..1 permett*|consent*|viet*|imped*",
      "dispiace|spiacente|scusa*|scusi ma ..1 non",
      "non aiuto|rispondo|fornisco|offro|partecipo|genero|produco|creo|redigo|elaboro",
      "richiesta|contenuto ..3 rifiutat*|bloccat*|respint*",
      "non se ne parla", "non posso|possiamo|riesco|lo $", "fuori dalla mia portata",
      "non ?te|ti|le|vi|lo|la|gli ?lo|la spiegherò|mostrerò|insegnerò|dirò|svelerò|descriverò|racconterò|rivelerò|condividerò"
        + "|farò|scriverò|darò|aiuterò|fornirò",
      "devo|voglio|tocca|dovrò ?a dire|dirti|dirle|dirvi ..1 di no", "dico ?di no", "è un no",
      "non contate|contare|conti ..1 su di|me",
      "contro tutto ciò|quello ..2 che|cui", "^ ..1 no grazie", "^ meglio ?di no",
      "nemmeno|neanche ..4 do|aiuto|scrivo|spiego", "è|sono|resta|restano ..1 esclus*",
      "non ..4 da|con me", "da me ..1 non", "senza di me",
      "nostre|nostri|mie|miei ..1 @rules ..5 non|vietano|proibiscono|impediscono",
    ],
    negating: [
      "non ?te|ti|le|vi|lo|la|gli ?lo|la *erò|*irò|posso|voglio|intendo|faccio|do|aiuto|scrivo|spiego|insegno"
    ],
    denying: [
      "non|no|né|nemmeno|neanche|mai|nulla|niente|nessun*|altrove|esclus*|impossibile|senza",
      "qualcun altro", "altra parte",
    ],
    lecturing: [
      "^ ..8 è|sono|sarebbe|costituisce|costituiscono ..3 illegal*|reato|reati|crimine|immoral*|etico|sbagliato|pericolos*|vietat*|illecit*",
      "contro la legge",
    ],
    moral: [
      "conseguenze|rispett*|etic*|immoral*|legge|leggi|carcere|sanzioni|pene|consiglio|invito|aiuto|legali|illegale"
    ],
    harmless: [
      "meno|evitare|credere|aspettare|immaginare|negare|che|garantire|sapere|capire|ricordare|esatt*|certezza",
      "non ..1 posso|so|saprei ..1 dire|dirti|dirle", "posso|possiamo ..1 fare a meno", "posso che",
    ],
    asking: [
      "potresti|potrebbe|puoi|può|potreste ..2 spiegar*|dir*|chiarir*|specificar*|fornir*|dar*|precisar*|indicar*",
      "non ?ti|lo ho|capisco|comprendo ..1 capito|compreso|bene", "non ho ..2 capito|compreso",
      "non capisco|comprendo", "cosa intendi|intende|vuoi",
      "come|cosa posso ..1 aiutar*|esser*", "non ?lo so", "non sono sicur*|cert*",
      "non posso|so dire|dirti",
    ],
    apology: [
      "^ mi dispiace", "^ spiacente|scusa|scusi|scusate|purtroppo|perdono", "^ mi scuso",
      "^ sono ..1 spiacente|desolato",
      "^ chiedo scusa", "^ siamo spiacenti",
    ],
    sympathy: ["che", "sentire|sapere|per la|il|tuo|tua|suo|sua"],
    preamble: ["^ certo|certamente|sì|ok|volentieri|va|con", "ecco|eccoti", "con piacere"],
    conditions: ["se", "quando", "perché"],
    sets: [
      "help": """
      aiut* assist* forn* dar* offr* rispond* soddisf* scriv* gener* crear* partecip* fare farlo accontent* parlar* spieg* \
      condivid* support* esaudir* collabor* proced* prosegu* continu* discut* acconsent* realizz* promuov* produr* sosten* \
      contribu* mostrar* accett* aiuto assecond* descriv* rediger*
      """,
      "rules":
        "linee politiche politica principi principî regole norme valori termini direttive programmazione etica condizioni policy",
    ])
}
