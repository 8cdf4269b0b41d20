/// Frequent words by language, to tell one from another. Those of languages without known refusals are there to be
/// told from the known ones.
enum WordProfiles {
  /// The languages that have a word among their frequent ones; words are folded.
  static let languages: [String: [String]] = {
    var result: [String: [String]] = [:]
    for (language, words) in lists {
      for word in Set(words.split(whereSeparator: \.isWhitespace).map { Folding.fold(String($0)) })
      {
        result[word, default: []].append(language)
      }
    }
    return result.mapValues { $0.sorted() }
  }()

  /// By a beginning or an ending that few words of other languages have.
  static func language(ofForm word: String, _ script: AnswerLanguage.Script) -> [String] {
    switch script {
    case .arabic:
      for prefix in ["ال", "وال", "بال", "لل", "فال", "كال"]
      where word.hasPrefix(prefix) && word.count > prefix.count + 1 {
        return ["ar"]
      }
    case .latin where word.count > 5:
      for ending in ["ing", "ness", "ously", "fully"] where word.hasSuffix(ending) { return ["en"] }
      for ending in ["ungen", "keit", "lich"] where word.hasSuffix(ending) { return ["de"] }
      for ending in ["cion", "ciones", "amente"] where word.hasSuffix(ending) { return ["es"] }
      for ending in ["cao", "coes"] where word.hasSuffix(ending) { return ["pt"] }
      for ending in ["zione", "zioni"] where word.hasSuffix(ending) { return ["it"] }
    case .cyrillic where word.count > 4:
      for ending in ["ться", "ется", "ются", "ого", "ыми", "ение", "ость", "йте"]
      where word.hasSuffix(ending) {
        return ["ru"]
      }
    default: break
    }
    return []
  }

  /// Whether a word has letters that the language does not write.
  static func isStrange(_ word: String, in language: AnswerLanguage) -> Bool {
    switch language {
    case .russian:
      word.unicodeScalars.contains { "іїєґўђјљњћџѓќѕәқңғүұөһ".unicodeScalars.contains($0) }
    case .arabic:
      word.unicodeScalars.contains { "پچژگکیۀہھےٹڈڑںۆێڕڵەې".unicodeScalars.contains($0) }
    default: false
    }
  }

  private static let lists: [(String, String)] = [
    (
      "en",
      """
      the of and to a in is it you that he was for on are with as i his they be at one have this from or had by hot \
      but some what there we can out other were all your when up use word how said an each she which do their time if \
      will way about many then them would write like so these her long make thing see him two has look more day could \
      go come did my sound no most number who over know water than call first people may down side been now find any \
      new work part take get place made live where after back little only round man year came show every good me give \
      our under name very through just form much great think say help low line before turn cause same mean differ move \
      right boy old too does tell sentence set three want air well also play small end put home read hand port large \
      spell add even land here must big high such follow act why ask men change went light kind off need house picture \
      try us again animal point mother world near build self earth father sure yes not im its into should because \
      while those being between both during without against another until within around often always never while \
      use using used keep let best better important example following steps step try start add mix cook cup eggs milk \
      flour bake minutes hour hours today next later early week weeks month monday tuesday wednesday thursday friday \
      saturday sunday run rest walk morning evening night food city country book story love friend friends family money \
      business company help helps question answer yes hello hi thanks thank please welcome sorry
      """
    ),
    (
      "de",
      """
      der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat \
      dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr \
      durch man sein wurde wenn können ihre kann dann hier gibt ich du wir ihr mich dir dich ihnen mein dein sehr schon \
      doch zuerst danach dabei damit keine kein etwas alle diese dieser dieses jeden jede heute immer bitte gut viel \
      viele wo was wer warum weil ohne gegen unter zwischen muss sollte leid nein ja etwa machen geben sie's
      """
    ),
    (
      "es",
      """
      de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin sobre \
      este ya entre cuando todo esta ser son dos también fue había era muy años hasta desde está mi porque qué sólo \
      han yo hay vez puede todos así nos ni parte tiene él uno donde bien tiempo mismo ese ahora cada e vida otro \
      después te otros aunque esa eso hace otra gobierno tan durante siempre día tanto ella tres sí dijo sido gran \
      puedo puedes aquí primero luego usted tu está están hoy nada algo mejor muchas una unas unos ellos
      """
    ),
    (
      "fr",
      """
      de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont la les je avec ou \
      son nous vous mais on cette comme aux été d l s c j n m t qu si leur y ont était même être deux ces sa elle fait \
      bien où sans peut tout faire votre mon ma mes vos ton ta tes leurs autres aussi très après avant donc puis \
      encore chaque trois quand voici trop jamais toujours rien puisque ainsi lorsque suis peux commencez ensuite \
      pendant vers chez entre sous ici là
      """
    ),
    (
      "pt",
      """
      de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das à seu sua ou quando \
      muito nos já eu também só pelo pela até isso ela entre depois sem mesmo aos seus quem nas me esse eles você essa \
      num nem suas meu às minha numa pelos elas qual nós lhe deles essas esses pelas este dele tu te vocês vos lhes \
      meus está estão foi são ser tem têm há era fica é pode podem primeiro hoje aqui então porque fazer três cada
      """
    ),
    (
      "it",
      """
      di che e la il un a è per in una sono mi ho non si le con i da lo se ma ha del come al dei della più questo nel \
      alla tutto cosa su delle anche gli ti hai perché ci io ne era quando molto o quello mio tu qui essere dal bene \
      solo fare nella loro suo sua tuo tua ed prima poi ecco degli dalla sul alle ogni così dopo dove chi puoi può sia \
      fino tre dell all nell l d c un' uno stato senza ancora oggi siamo siete hanno
      """
    ),
    (
      "nl",
      """
      de het een en van ik te dat die in is niet je zijn met op voor er maar om hij aan ook als was dan naar kan dit \
      wat uit bij zo nog deze heeft hebben wij we ze mijn haar geen kunt kunnen worden wordt moet meer spijt daar niets \
      dus door over hoe waar heel jij jouw uw u hier mij mee ligt hoofdstad helaas sorry
      """
    ),
    (
      "sv",
      """
      och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när år sin \
      nu under ska eller där man finns du dig mig hjälpa tyvärr ledsen detta denna mycket också här bara
      """
    ),
    (
      "da",
      """
      og i at det som en på er af for med til den har de ikke om et han men var jeg sig fra vi så kan når nu eller der \
      man du dig mig hjælpe desværre beklager dette denne meget også her bare hjelpe ikkje jeg's blir være hvordan
      """
    ),
    (
      "pl",
      """
      i w na z do się nie to że jest o jak ale po co tak za od przez jego tym dla czy są był może być już tylko które \
      który mnie mogę przykro pomóc przepraszam tego ta ten oraz lub przy nad jestem
      """
    ),
    (
      "cs",
      """
      a v na se je že s z do to o jako za by ale pro si po i od nebo jsou už jen který která může být omlouvám mohu \
      nemohu pomoci bohužel není však také tím vám mi jsem sa nie čo aby som nemôžem pomôcť prepáčte
      """
    ),
    (
      "ro",
      """
      și de la în a cu pe nu o un din că este mai se pentru sunt ce care fi au prin sau dar le lui după cum te vă îmi \
      pot ajuta rău scuze această acest asta fără poate află nici
      """
    ),
    (
      "hu",
      """
      a az és hogy nem is egy ez meg de csak van volt már el mint azt ha kell még lehet vagy sajnálom tudok segíteni \
      ebben önnek
      """
    ),
    (
      "fi",
      """
      ja on ei että se hän oli en mutta ole kun niin minä sinä kuin myös joka ovat pahoillani valitettavasti voi auttaa \
      tässä olen tämä
      """
    ),
    (
      "tr",
      """
      ve bir bu da de için ile çok ne o ben mi var daha gibi ama olarak üzgünüm size yardımcı olamam konuda değil maalesef \
      sana kadar yer olan ancak
      """
    ),
    (
      "vi",
      """
      tôi không của và là có một các cho trong được với này người những bạn đã thể xin lỗi giúp nằm bên thủ đô điều việc \
      rất khi ở như để toi khong cua va la co mot cho voi nay ban xin loi giup viec the
      """
    ),
    (
      "id",
      """
      yang dan di ini itu dengan untuk tidak dari dalam akan pada juga saya ke karena bisa ada mereka lebih dapat kami \
      anda maaf membantu adalah oleh kita atau permintaan tersebut terletak ibu kota tak boleh hal
      """
    ),
    (
      "tl",
      """
      ang ng sa na at ay mga hindi ko ka ako mo niya siya ito paumanhin pasensya makakatulong iyan po naman kung para kita
      """
    ),
    (
      "sw",
      """
      na ya wa kwa ni katika la za si samahani siwezi kukusaidia hilo hii hiyo kuwa lakini kama mimi wewe
      """
    ),
    (
      "ca",
      """
      de la i el que a en els les un per amb no una del és al però més com puc ajudar això ho sento aquesta aquest seva \
      són fer pot molt dels també sóc
      """
    ),
    (
      "gl",
      """
      de a o que e do da en un para con non unha os no se na por máis as dos como pero ao síntoo podo axudar isto é súa
      """
    ),
    (
      "hr",
      """
      i je u se da na su za ne od s kao što to ali koji sam bi ili žao mi mogu pomoći vam nije po iz biti oprostite ovo tim
      """
    ),
    (
      "et",
      "ja on ei et see ta oli aga ma sa kui mis ka kuid vabandust kahjuks saa aidata mul kahju teid selles"
    ),
    ("lv", "un ir ka ar no uz par tas es nav bet kas diemžēl atvainojiet nevaru palīdzēt jums šo"),
    ("lt", "ir yra kad su iš į apie tai aš nėra bet kas deja atsiprašau negaliu padėti jums šiuo"),
    (
      "af",
      "die en van is nie ek het dat jy met jou vir ons kan jammer help hierdie wat sy was daarmee"
    ),
    ("eu", "eta da ez dut bat ezin dizut lagundu barkatu horretan naiz baina du dira"),
    ("cy", "yn y mae i a o ar ddrwg gen ni allaf helpu ond hynny chi gyda"),
    ("ga", "agus an na tá ar is ní le go mé brón orm cabhrú féidir leat"),
    ("sq", "dhe në të një për me që nuk është më vjen keq por mund ndihmoj këtë unë"),
    ("is", "og að í er ekki sem á það ég því miður get hjálpað þér með þetta"),
    ("eo", "kaj la de ne en mi estas vi pardonu povas helpi tio pri bedaŭrinde"),
    ("ht", "mwen pa ka ede ou ak sa la yo nan li se padon eskize"),
    (
      "so", "waan ka xumahay ma kaa caawin karo arrintan iyo waa in uu ku la"
    ),
    ("zu", "ngiyaxolisa angikwazi ukukusiza ngalokho futhi ukuthi"),
    ("yo", "mi o le ran ọ lọwọ pẹlu iyẹn jọwọ ma binu ni ati ti si"),
    ("ha", "na ba zan iya ka da yi hakuri ina cikin wannan taimaka"),
    ("az", "və bir bu üçün ilə çox kömək edə bilmərəm üzr istəyirəm sizə"),
    ("uz", "va bir bu uchun bilan yordam bera olmayman kechirasiz sizga men"),
    (
      "romanised",
      "main aapki madad nahi nahin kar sakta sakti hai mujhe maaf kijiye mein aap ki ke"
    ),
    (
      "sco",
      "a'm a i ye wi tae dae cannae dinnae dinna wisnae isnae aye nae no the that it o an fur sae sorry help ken gie whit"
    ),
    (
      "gsw",
      "es mer mir mir isch chan cha nöd nid ned und aber da das de d s tuet leid hälfe helfe öppis uf vo für au ich i du dir dr"
    ),
    (
      "fy",
      "it is net ik kin dy dat de en fan spyt my mar dêr der by helpe foar mei hawwe ha jo jim wy te yn op"
    ),
    (
      "ast",
      "nun puedo ayudate ye esto eso siéntolo pero con la el y en de que les los pa pola col facer too"
    ),
    ("ia", "io pote te vos adjutar aidar mas isto de le un pro dispensa pardono"),
    ("la", "et in est non ad cum ut sed quod tibi possum adiuvare ignosce"),
    (
      "ru",
      """
      и в не на я что он с как это по но они мы все она так его за был от то же вы бы у к для до из вот или если уже \
      когда её ему при о еще только меня было чтобы вас нет есть себя них был была мне со может можно нужно после \
      также затем сначала потом конечно пока который которая которые этот эта эти том где там здесь который ваш ваша \
      вам один два три без над под очень быть чем надо либо между более всего который жаль сожалению извините
      """
    ),
    (
      "uk",
      """
      і в не на я що він з як це по але вони ми все вона так його за був від то ж ви б у до для із або якщо вже коли \
      її йому при ще тільки мене було щоб вас немає є себе та може можу можна треба допомогти вибачте жаль цьому вам \
      цим який яка які
      """
    ),
    (
      "be",
      "і ў не на я што ён з як гэта па але яны мы усе яна так яго за быў ад вы для або калі прабачце магу дапамагчы"
    ),
    (
      "bg",
      """
      и на да не се за от с в е са си ще като по това но аз съм ви ми мога помогна който която които има няма или как \
      до той тя те след много съжалявам може при тази този няма извинете
      """
    ),
    (
      "sr",
      "и је у да се на не за су од са то као што али који сам би или жао ми могу помоћи вам није по из бити"
    ),
    ("mk", "и на да не се за од со во е сум ќе како тоа но јас ми можам помогнам жал вие што овој"),
    ("kk", "және бір бұл үшін мен сіз емес кешіріңіз көмектесе алмаймын бар да де ол"),
    ("mn", "би та энэ бол нь байна уучлаарай чадахгүй тусалж танд юм гэж"),
    ("ky", "жана бир бул үчүн мен сиз эмес кечиресиз жардам бере албайм"),
    ("tg", "ва дар ба аз ки ин бо мебахшед ман наметавонам кӯмак шумо"),
    (
      "ar",
      """
      في من على إلى هذا هذه أن لا ما التي الذي مع عن كان هو هي و ثم أو لم لن قد بعد قبل كل بين عند إذا كما لكن ولكن \
      أنا أنت نحن هم ذلك تلك منذ حتى حول غير بعض أي كيف هنا لك إليك أولا أولاً لأن حيث أيضا ليس كانت يمكن يمكنك لكي \
      عبر خلال فوق تحت نعم بينما اليوم أنه أنها وهي وهو
      """
    ),
    (
      "fa",
      """
      در به از که این را با است برای آن یک خود تا بر هم نیز می من شما نمی متأسفم توانم کمک کنم مورد متاسفم ولی اما \
      نمیتوانم هست باشد شود کرد
      """
    ),
    ("ur", "کی کے میں ہے اور سے کا کو پر نہیں آپ یہ معذرت مدد کر سکتا سکتی اس ہیں"),
    ("ckb", "و لە بە بۆ کە ئەم ناتوانم یارمەتیت ببورە"),
    ("ps", "په د او چې نه زه ستاسو مرسته نشم بخښنه دی کې"),
    (
      "hi",
      """
      है हैं का की के को में से और यह वह नहीं मैं आप कर सकता सकती सकते होता था पर भी तो ही एक लिए हो गया इस उस जो करने \
      करें अगर लेकिन फिर या आपकी आपके आपका मुझे हम ने तक साथ कि बाद अपने होती हूँ हूं रहे कुछ बहुत क्या जब जैसे सबसे \
      पहले इसे उसे उन्हें क्योंकि लें दें जाता ले बने
      """
    ),
    (
      "mr", "आहे आणि मी नाही आहेत च्या ला हे ते या तर पण मला तुम्हाला शकत मदत करू माफ करा होते एक साठी तुमची"
    ),
    ("ne", "छ छन् हो र मा को लाई म गर्न सक्दिन तपाईंलाई माफ यो त्यो हुन् पनि छैन गर्नुहोस् भएको"),
    ("sa", "अस्ति च न अहं भवति इति तत् सः एव अपि तस्य सन्ति"),
    ("bho", "बा बाड़े हम नइखीं रउवा के से ना करीं माफ"),
    ("mai", "अछि अहाँ हम नहि छी क सकैत"),
  ]
}
