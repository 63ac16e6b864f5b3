extension StopwordList {
  static let bengali = """
    অতএব অথচ অথবা অনুযায়ী অনেক অনেকে অনেকেই অন্তত অন্য অবধি অবশ্য অর্থাত আই আগামী আগে আগেই আছে
    আজ আদ্যভাগে আপনার আপনি আবার আমরা আমাকে আমাদের আমার আমি আর আরও ই ইত্যাদি ইহা উচিত উত্তর উনি
    উপর উপরে এ এঁদের এঁরা এই একই একটি একবার একে এক্ এখন এখনও এখানে এখানেই এটা এটাই এটি এত এতটাই
    এতে এদের এব এবং এবার এমন এমনকী এমনি এর এরা এল এস এসে ঐ ও ওঁদের ওঁর ওঁরা ওই ওকে ওখানে ওদের ওর
    ওরা কখনও কত কবে কমনে কয়েক কয়েকটি করছে করছেন করতে করবে করবেন করলে করলেন করা করাই করায় করার
    করি করিতে করিয়া করিয়ে করে করেই করেছিলেন করেছে করেছেন করেন কাউকে কাছ কাছে কাজ কাজে কারও কারণ
    কি কিংবা কিছু কিছুই কিন্তু কী কে কেউ কেউই কেখা কেন কোটি কোন কোনও কোনো ক্ষেত্রে খুব গিয়ে
    গিয়েছে গুলি গেছে গেল গেলে গোটা চলে চান চায় চার চালু চেয়ে চেষ্টা ছাড়া ছাড়াও ছিল ছিলেন জন
    জনকে জনের জন্য জন্যওজে জানতে জানা জানানো জানায় জানিয়ে জানিয়েছে জে জ্নজন টি ঠিক তখন তত তথা
    তবু তবে তা তাঁকে তাঁদের তাঁর তাঁরা তাঁাহারা তাই তাও তাকে তাতে তাদের তার তারপর তারা তারৈ তাহলে
    তাহা তাহাতে তাহার তিনঐ তিনি তিনিও তুমি তুলে তেমন তো তোমার থাকবে থাকবেন থাকা থাকায় থাকে থাকেন
    থেকে থেকেই থেকেও দিকে দিতে দিন দিয়ে দিয়েছে দিয়েছেন দিলেন দু দুই দুটি দুটো দেওয়া দেওয়ার
    দেখতে দেখা দেখে দেন দেয় দ্বারা ধরা ধরে ধামার নতুন নয় না নাই নাকি নাগাদ নানা নিজে নিজেই
    নিজেদের নিজের নিতে নিয়ে নেই নেওয়া নেওয়ার পক্ষে পর পরে পরেই পরেও পর্যন্ত পাওয়া পাচ পারি
    পারে পারেন পি পেয়ে পেয়্র্ প্রতি প্রথম প্রভৃতি প্রযন্ত প্রাথমিক প্রায় ফলে ফিরে ফের বক্তব্য
    বদলে বন বরং বলতে বলল বললেন বলা বলে বলেছেন বলেন বসে বহু বা বাদে বার বি বিনা বিভিন্ন বিশেষ
    বিষয়টি বেশ বেশি ব্যবহার ব্যাপারে ভাবে ভাবেই মতো মতোই মধ্যভাগে মধ্যে মধ্যেই মধ্যেও মনে মাত্র
    মাধ্যমে মোট মোটেই যখন যত যতটা যথেষ্ট যদি যদিও যা যাঁর যাঁরা যাওয়া যাওয়ার যাকে যাচ্ছে যাতে
    যাদের যান যাবে যায় যার যারা যিনি যে যেখানে যেতে যেন যেমন র রকম রয়েছে রাখা রেখে লক্ষ শুধু
    শুরু সঙ্গে সঙ্গেও সব সবার সমস্ত সম্প্রতি সহ সহিত সাধারণ সামনে সি সুতরাং সে সেই সেখান সেখানে
    সেটা সেটাই সেটাও সেটি স্পষ্ট স্বয়ং হইতে হইবে হইয়া হওয়া হওয়ায় হওয়ার হচ্ছে হত হতে হতেই হন
    হবে হবেন হয় হয়তো হয়নি হয়ে হয়েই হয়েছিল হয়েছে হয়েছেন হল হলে হলেই হলেও হলো হাজার হিসাবে
    হৈলে হোক
    """

  static let hinglish = """
    a aadi aaj aap aapne aata aati aaya aaye ab abbe abbey abe abhi able about above accha
    according accordingly acha achcha across actually after afterwards again against agar ain
    ain't aint aisa aise aisi alag all allow allows almost alone along already also although
    always am among amongst an and andar another any anybody anyhow anyone anything anyway
    anyways anywhere ap apan apart apna apnaa apne apni appear are aren aren't arent around arre
    as aside ask asking at aur avum aya aye baad baar bad bahut bana banae banai banao banaya
    banaye banayi banda bande bandi bane bani bas bata batao bc be became because become becomes
    becoming been before beforehand behind being below beside besides best better between beyond
    bhai bheetar bhi bhitar bht bilkul bohot bol bola bole boli bolo bolta bolte bolti both brief
    bro btw but by c'mon came can can't cannot cant cause causes certain certainly chahiye chaiye
    chal chalega chhaiye clearly com come comes could couldn couldn't couldnt d de dede dega degi
    dekh dekha dekhe dekhi dekho denge dhang di did didn didn't didnt dijiye diya diyaa diye diyo
    do does doesn doesn't doesnt doing don't done dono dont doosra doosre down downwards dude
    dunga dungi during dusra dusre dusri dvaara dvara dwaara dwara each edu eg eight either ek
    else elsewhere enough etc even ever every everybody everyone everything everywhere ex exactly
    example except far few fifth fir first five followed following follows for forth four from
    further furthermore gaya gaye gayi get gets getting ghar given gives go goes going gone good
    got gotten greetings haan had hadd hadn hadn't hadnt hai hain hamara hamare hamari hamne han
    happens har hardly has hasn hasn't hasnt have haven haven't havent having he he's hello help
    hence her here here's hereafter hereby herein hereupon hers herself hi him himself his hither
    hm hmm ho hoga hoge hogi hona honaa hone honge hongi honi hopefully hota hotaa hote hoti how
    howbeit however hoyenge hoyengi hu hua hue huh hui hum humein humne hun huye huyi i i'd i'll
    i'm i've idk ie if imo in inasmuch inc inhe inhi inho inka inkaa inke inki inn inner inse
    insofar into inward is ise isi iska iskaa iske iski isme isn isn't isne isnt iss isse issi
    isski it it'd it'll it's itna itne itni itno its itself ityaadi ityadi ja jaa jab jabh jaha
    jahaan jahan jaisa jaise jaisi jata jayega jidhar jin jinhe jinhi jinho jinhone jinka jinke
    jinki jinn jis jise jiska jiske jiski jisme jiss jisse jitna jitne jitni jo just jyaada jyada
    k ka kaafi kab kabhi kafi kaha kahaa kahaan kahan kahi kahin kahte kaisa kaise kaisi kal kam
    kar kara kare karega karegi karen karenge kari karke karna karne karni karo karta karte karti
    karu karun karunga karungi kaun kaunsa kayi kch ke keep keeps keh kehte kept khud ki kin kine
    kinhe kinho kinka kinke kinki kinko kinn kino kis kise kisi kiska kiske kiski kisko kisliye
    kisne kitna kitne kitni kitno kiya kiye know known knows ko koi kon konsa koyi krna krne kuch
    kuchch kuchh kul kull kya kyaa kyu kyuki kyun kyunki lagta lagte lagti last lately later le
    least lekar lekin less lest let let's li like liked likely little liya liye ll lo log logon
    lol look looking looks ltd lunga m maan maana maane maani maano magar mai main maine mainly
    mana mane mani mano many mat may maybe me mean meanwhile mein mera mere merely meri might
    mightn mightn't mightnt mil mjhe more moreover most mostly much mujhe must mustn mustn't
    mustnt my myself na naa naah nahi nahin nai name namely nd ne near nearly necessary neeche
    need needn needn't neednt needs neither never nevertheless new next nhi nine no nobody non
    none noone nope nor normally not nothing novel now nowhere o obviously of off often oh ok
    okay old on once one ones only onto or other others otherwise ought our ours ourselves out
    outside over overall own par pata pe pehla pehle pehli people per perhaps phla phle phli
    placed please plus poora poori provides pura puri q que quite raha rahaa rahe rahi rakh rakha
    rakhe rakhen rakhi rakho rather re really reasonably regarding regardless regards rehte rha
    rhaa rhe rhi ri right s sa saara saare saath sab sabhi sabse sahi said sakta saktaa sakte
    sakti same sang sara sath saw say saying says se second secondly see seeing seem seemed
    seeming seems seen self selves sensible sent serious seriously seven several shall shan
    shan't shant she she's should should've shouldn shouldn't shouldnt si since six so soch some
    somebody somehow someone something sometime sometimes somewhat somewhere soon still sub such
    sup sure t tab tabh tak take taken tarah teen teeno teesra teesre teesri tell tends tera tere
    teri th tha than thank thanks thanx that that'll that's thats the theek their theirs them
    themselves then thence there there's thereafter thereby therefore therein theres thereupon
    these they they'd they'll they're they've thi thik thing think thinking third this tho thoda
    thodi thorough thoroughly those though thought three through throughout thru thus tjhe to
    together toh too took toward towards tried tries true truly try trying tu tujhe tum tumhara
    tumhare tumhari tune twice two um umm un under unhe unhi unho unhone unka unkaa unke unki
    unko unless unlikely unn unse until unto up upar upon us use used useful uses usi using uska
    uske usne uss usse ussi usually vaala vaale vaali vahaan vahan vahi vahin vaisa vaise vaisi
    vala vale vali various ve very via viz vo waala waale waali wagaira wagairah wagerah waha
    wahaan wahan wahi wahin waisa waise waisi wala wale wali want wants was wasn wasn't wasnt way
    we we'd we'll we're we've well went were weren weren't werent what what's whatever when
    whence whenever where where's whereafter whereas whereby wherein whereupon wherever whether
    which while who who's whoever whole whom whose why will willing with within without wo woh
    wohi won won't wont would wouldn wouldn't wouldnt y ya yadi yah yaha yahaan yahan yahi yahin
    ye yeah yeh yehi yes yet you you'd you'll you're you've your yours yourself yourselves yup
    """

  static let nepali = """
    अक्सर अगाडी अझै अनुसार अन्तर्गत अन्य अन्यत्र अन्यथा अब अरु अरुलाई अर्को अर्थात अर्थात् अलग आए
    आजको आत्म आदि आफू आफूलाई आफ्नै आफ्नो आयो उदाहरण उनको उनले उप उहालाई एउटै एक एकदम ओठ औं कतै
    कसरी कसै कसैले कहाँबाट कहिलेकाहीं का कि किन किनभने कुनै कुरा कृपया के केही को कोही क्रमशः गए
    गयौ गरि गरी गरेका गरेको गरेर गरौं गर्छ गर्छु गर्दै गर्न गर्नु गर्नुपर्छ गर्ने गैर चार चाले
    चाहनुहुन्छ चाहन्छु चाहिए छ छन् छु छू छैन छौं जताततै जब जबकि जसको जसबाट जसमा जसलाई जसले जस्तै
    जस्तो जस्तोसुकै जहाँ जान जाहिर जुन जे जो ठीक त तत्काल तथा तदनुसार तपाई तपाईको तर तल तापनी
    तिनिहरुलाई तिनी तिनीहरुको तिनीहरू तिमी तिर ती तीन तुरुन्तै तेस्कारण तेस्रो त्यहाँ त्यो त्सपछि
    त्सैले थिए थिएन थियो दिए दिनुभएको दिनुहुन्छ दुई देखि देखिन्छ देखियो देखे देखेको देखेर दोस्रो
    धेरै न नजिकै नत्र नयाँ नि निम्ति निम्न निम्नानुसार निर्दिष्ट नै नौ पक्का पक्कै पछि पछिल्लो
    पटक पनि पर्छ पर्थ्यो पर्याप्त पहिले पहिलो पहिल्यै पाँच पाँचौं पूर्व प्रति प्रतेक प्लस फेरी
    बने बरु बारे बाहिर बाहेक बिरुद्ध बिशेष बीच बीचमा भए भएको भन भने भन् भन्छन् भन्छु भन्दा
    भन्नुभयो भन्ने भर भित्र भित्री म मलाई मा मात्र माथि मुख्य मेरो यति यथोचित यदि यद्यपि यस यसको
    यसपछि यसबाहेक यसरी यसो यस्तो यहाँ यहाँसम्म या यी यो र रही रहेका रहेको राखे राख्छ राम्रो रूप
    लगभग लाई लागि ले वरीपरी वास्तवमा शायद संग संगै सक्छ सट्टा सधै सबै सबैलाई समय सम्भव सम्म सही
    साँच्चै सात साथ साथै सायद सारा सो सोही स्पष्ट हरे हरेक हुन हुने हुन् हुन्छ हो
    """
}
