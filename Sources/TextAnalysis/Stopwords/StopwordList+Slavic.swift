extension StopwordList {
  static let russian = """
    а без более больше будет будто бы был была были было быть в вам вас вдруг ведь во вот впрочем
    все всегда всего всех всю вы где да даже два для до другой его ее ей ему если есть еще ж же
    за зачем здесь и из или им иногда их к как какая какой когда конечно кто куда ли лучше между
    меня мне много может можно мой моя мы на над надо наконец нас не него нее ней нельзя нет ни
    нибудь никогда ним них ничего но ну о об один он она они опять от перед по под после потом
    потому почти при про раз разве с сам свою себе себя сейчас со совсем так такой там тебя тем
    теперь то тогда того тоже только том тот три тут ты у уж уже хорошо хоть чего чем через что
    чтоб чтобы чуть эти этого этой этом этот эту я
    """

  static let slovene = """
    ali ampak baje bi bil bila bile bili bilo biti blizu bo bodi bodimo bodisi bodita bodite
    bodiva bodo bojda bojo bom bomo bosta boste bova boš brez bržkone bržčas celo da deset deseta
    desete desetega desetem desetemu deseter desetera desetere deseterega deseterem deseteremu
    deseteri deseterih deseterim deseterima deseterimi desetero deseti desetih desetim desetima
    desetimi deseto devet deveta devetdeset devetdeseta devetdesete devetdesetega devetdesetem
    devetdesetemu devetdeseti devetdesetih devetdesetim devetdesetima devetdesetimi devetdeseto
    devete devetega devetem devetemu deveti devetih devetim devetima devetimi devetintrideset
    devetintridesetih devetintridesetim devetintridesetimi devetnajst devetnajsta devetnajste
    devetnajstega devetnajstem devetnajstemu devetnajsti devetnajstih devetnajstim devetnajstima
    devetnajstimi devetnajsto deveto devetsto devetstotih devetstotim devetstotimi dno do
    dobesedno domala dovoli dovolijo dovolil dovolila dovolile dovolili dovolilo dovolim dovolimo
    dovolita dovolite dovoliti dovoliva dovoliš dovoljen dovoljena dovoljene dovoljeni dovoljeno
    drug druga drugačen drugačna drugačne drugačnega drugačnem drugačnemu drugačni drugačnih
    drugačnim drugačnima drugačnimi drugačno druge drugega drugem drugemu drugi drugih drugim
    drugima drugimi drugo dva dvaindevetdeseta dvaindevetdesete dvaindevetdesetega
    dvaindevetdesetem dvaindevetdesetemu dvaindevetdeseti dvaindevetdesetih dvaindevetdesetim
    dvaindevetdesetima dvaindevetdesetimi dvaindevetdeseto dvaindvajset dvaindvajsetih
    dvaindvajsetim dvaindvajsetimi dvainšestdeset dvainšestdesetih dvainšestdesetim
    dvainšestdesetimi dvajset dvajseta dvajsete dvajsetega dvajsetem dvajsetemu dvajseti
    dvajsetih dvajsetim dvajsetima dvajsetimi dvajseto dvakraten dvakratna dvakratne dvakratnega
    dvakratnem dvakratnemu dvakratni dvakratnih dvakratnim dvakratnima dvakratnimi dvakratno
    dvanajst dvanajsta dvanajste dvanajstega dvanajstem dvanajstemu dvanajsti dvanajstih
    dvanajstim dvanajstima dvanajstimi dvanajsto dve dveh dvema dvesto dvestota dvestote
    dvestotega dvestotem dvestotemu dvestoti dvestotih dvestotim dvestotima dvestotimi dvestoto
    dvoj dvoja dvoje dvojega dvojem dvojemu dvojen dvoji dvojih dvojim dvojima dvojimi dvojna
    dvojne dvojnega dvojnem dvojnemu dvojni dvojnih dvojnim dvojnima dvojnimi dvojno dvojo eden
    edinole en ena enaindvajset enaindvajseta enaindvajsete enaindvajsetega enaindvajsetem
    enaindvajsetemu enaindvajseti enaindvajsetih enaindvajsetim enaindvajsetima enaindvajsetimi
    enaindvajseto enaintrideset enaintridesetih enaintridesetim enaintridesetimi enajst enajsta
    enajste enajstega enajstem enajstemu enajsti enajstih enajstim enajstima enajstimi enajsto
    enak enaka enake enakega enakem enakemu enaki enakih enakim enakima enakimi enako ene enega
    enem enemu eni enih enim enima enimi enkraten enkratna enkratne enkratnega enkratnem
    enkratnemu enkratni enkratnih enkratnim enkratnima enkratnimi enkratno eno ga gotovo h hotel
    hotela hotele hoteli hotelo hoteti hoti hotimo hotita hotite hotiva hoče hočejo hočem hočemo
    hočeta hočete hočeva hočeš in ista iste istega istem istemu isti istih istim istima istimi
    isto itak iz izmed iznad izpod izpred izven izza ja jaz je ji jih jim jima jo ju k kadar kaj
    kajne kajpada kajpak kajti kak kaka kake kakega kakem kakemu kaki kakih kakim kakima kakimi
    kako kakor kakršen kakršenkoli kakršna kakršnakoli kakršne kakršnega kakršnegakoli
    kakršnekoli kakršnem kakršnemkoli kakršnemu kakršnemukoli kakršni kakršnih kakršnihkoli
    kakršnikoli kakršnim kakršnima kakršnimakoli kakršnimi kakršnimikoli kakršnimkoli kakršno
    kakršnokoli kakšen kakšna kakšne kakšnega kakšnem kakšnemu kakšni kakšnih kakšnim kakšnima
    kakšnimi kakšno kar karkoli katera katerakoli katere katerega kateregakoli katerekoli katerem
    kateremkoli kateremu kateremukoli kateri katerih katerihkoli katerikoli katerim katerima
    katerimakoli katerimi katerimikoli katerimkoli katero katerokoli kdo kdor kdorkoli ker ki
    kljub ko koga kogar kogarkoli koli kolik kolika kolike kolikega kolikem kolikemu koliki
    kolikih kolikim kolikima kolikimi koliko kolikor kolikšen kolikšna kolikšne kolikšnega
    kolikšnem kolikšnemu kolikšni kolikšnih kolikšnim kolikšnima kolikšnimi kolikšno kom komaj
    komer komerkoli komu komur komurkoli kot krog le le-ona le-one le-onega le-onem le-onemu
    le-oni le-onih le-onim le-onima le-onimi le-ono le-ta le-tak le-taka le-take le-takega
    le-takem le-takemu le-taki le-takih le-takim le-takima le-takimi le-tako le-takšen le-takšna
    le-takšne le-takšnega le-takšnem le-takšnemu le-takšni le-takšnih le-takšnim le-takšnima
    le-takšnimi le-takšno le-te le-tega le-teh le-tej le-tem le-tema le-temi le-temu le-ti
    le-tista le-tiste le-tistega le-tistem le-tistemu le-tisti le-tistih le-tistim le-tistima
    le-tistimi le-tisto le-to le-toliko malone mano mar mara maraj marajmo marajo marajta marajte
    marajva maral marala marale marali maralo maram maramo marata marate marati marava maraš
    marsikaj marsikatera marsikatere marsikaterega marsikaterem marsikateremu marsikateri
    marsikaterih marsikaterim marsikaterima marsikaterimi marsikatero marsikdo marsikoga marsikom
    marsikomu marsičem marsičemu marsičesa marsičim marveč me med mednje mednju medse menda mene
    meni menoj mi midva mimo mnogo mogel mogla mogle mogli moglo moj moja moje mojega mojem
    mojemu moji mojih mojim mojima mojimi mojo mora morajo moral morala morale morali moralo
    moram moramo morata morate morati morava moraš morda more morebiti morejo morem moremo moreta
    morete moreva moreš moči mu na nad nadenj nadme nadnje nadvse naj najbrž najin najina najine
    najinega najinem najinemu najini najinih najinim najinima najinimi najino najsi naju nam nama
    name namesto nami namreč nanj nanje nanjo nanju naokoli naproti nas nase nasproti nate
    navkljub navzlic naš naša naše našega našem našemu naši naših našim našima našimi našo ne nek
    neka nekaj nekak nekaka nekake nekakega nekakem nekakemu nekaki nekakih nekakim nekakima
    nekakimi nekako nekakšen nekakšna nekakšne nekakšnega nekakšnem nekakšnemu nekakšni nekakšnih
    nekakšnim nekakšnima nekakšnimi nekakšno nekatera nekatere nekaterega nekaterem nekateremu
    nekateri nekaterih nekaterim nekaterima nekaterimi nekatero nekdo neke nekega nekem nekemu
    neki nekih nekim nekima nekimi neko nekoga nekoliko nekom nekomu nemara nerad neradi nečem
    nečemu nečesa nečim ni nihče nikakršen nikakršna nikakršne nikakršnega nikakršnem nikakršnemu
    nikakršni nikakršnih nikakršnim nikakršnima nikakršnimi nikakršno nikar nikogar nikomer
    nikomur nisem nisi nismo niso nista niste nisva niti nič ničemer ničemur ničesar ničimer nje
    njega njegov njegova njegove njegovega njegovem njegovemu njegovi njegovih njegovim njegovima
    njegovimi njegovo njej njem njemu njen njena njene njenega njenem njenemu njeni njenih njenim
    njenima njenimi njeno nji njih njihov njihova njihove njihovega njihovem njihovemu njihovi
    njihovih njihovim njihovima njihovimi njihovo njiju njim njima njimi njo njun njuna njune
    njunega njunem njunemu njuni njunih njunim njunima njunimi njuno noben nobena nobene nobenega
    nobenem nobenemu nobeni nobenih nobenim nobenima nobenimi nobeno noče nočejo nočem nočemo
    nočeta nočete nočeva nočeš o ob oba obe obeh obema obenj od odkar okoli okrog on ona onadva
    one onedve onega onem onemu oni onidve onih onim onima onimi onkraj ono onstran osem
    osemdeset osemdeseta osemdesete osemdesetega osemdesetem osemdesetemu osemdeseti osemdesetih
    osemdesetim osemdesetima osemdesetimi osemdeseto osemindevetdeset osemindevetdesetih
    osemindevetdesetim osemindevetdesetimi oseminštirideset oseminštiridesetih oseminštiridesetim
    oseminštiridesetimi osemnajst osemnajsta osemnajste osemnajstega osemnajstem osemnajstemu
    osemnajsti osemnajstih osemnajstim osemnajstima osemnajstimi osemnajsto osma osme osmega
    osmem osmemu osmi osmih osmim osmima osmimi osmo oziroma pa pač pet peta petdeset petdeseta
    petdesete petdesetega petdesetem petdesetemu petdeseti petdesetih petdesetim petdesetima
    petdesetimi petdeseto pete petega petem petemu peter petera petere peterega peterem peteremu
    peteri peterih peterim peterima peterimi petero peti petih petim petima petimi
    petindevetdeset petindevetdesetih petindevetdesetim petindevetdesetimi petindvajset
    petindvajseta petindvajsete petindvajsetega petindvajsetem petindvajsetemu petindvajseti
    petindvajsetih petindvajsetim petindvajsetima petindvajsetimi petindvajseto petinosemdeset
    petinosemdeseta petinosemdesete petinosemdesetega petinosemdesetem petinosemdesetemu
    petinosemdeseti petinosemdesetih petinosemdesetim petinosemdesetima petinosemdesetimi
    petinosemdeseto petinpetdeset petinpetdesetih petinpetdesetim petinpetdesetimi
    petinsedemdeset petinsedemdesetih petinsedemdesetim petinsedemdesetimi petintrideset
    petintrideseta petintridesete petintridesetega petintridesetem petintridesetemu
    petintrideseti petintridesetih petintridesetim petintridesetima petintridesetimi
    petintrideseto petinštirideset petinštirideseta petinštiridesete petinštiridesetega
    petinštiridesetem petinštiridesetemu petinštirideseti petinštiridesetih petinštiridesetim
    petinštiridesetima petinštiridesetimi petinštirideseto petnajst petnajsta petnajste
    petnajstega petnajstem petnajstemu petnajsti petnajstih petnajstim petnajstima petnajstimi
    petnajsto peto petsto petstotih petstotim petstotimi po pod podnjo pogodu poleg pome ponj
    ponje ponjo pote povrh povrhu prav pravzaprav precej pred preden predenj predme prednje
    predse predvsem prek preko preprosto pri proti prva prve prvega prvem prvemu prvi prvih prvim
    prvima prvimi prvo rad rada rade radi ravno raz razen res resda s sabo saj samo se sebe sebi
    seboj sedem sedemdeset sedemdeseta sedemdesete sedemdesetega sedemdesetem sedemdesetemu
    sedemdeseti sedemdesetih sedemdesetim sedemdesetima sedemdesetimi sedemdeseto sedemindvajset
    sedemindvajseta sedemindvajsete sedemindvajsetega sedemindvajsetem sedemindvajsetemu
    sedemindvajseti sedemindvajsetih sedemindvajsetim sedemindvajsetima sedemindvajsetimi
    sedemindvajseto sedeminpetdeset sedeminpetdesetih sedeminpetdesetim sedeminpetdesetimi
    sedeminšestdeset sedeminšestdesetih sedeminšestdesetim sedeminšestdesetimi sedemnajst
    sedemnajsta sedemnajste sedemnajstega sedemnajstem sedemnajstemu sedemnajsti sedemnajstih
    sedemnajstim sedemnajstima sedemnajstimi sedemnajsto sedemsto sedemstotih sedemstotim
    sedemstotimi sedma sedme sedmega sedmem sedmemu sedmi sedmih sedmim sedmima sedmimi sedmo sem
    seveda si sicer skoraj skorajda skoz skozenj skozi skoznje skoznjo skozte sme smejo smel
    smela smele smeli smelo smem smemo smeta smete smeti smeva smeš smo so spet sploh spod spričo
    sredi sta ste sto stota stote stotega stotem stotemu stoter stotera stotere stoterega
    stoterem stoteremu stoteri stoterih stoterim stoterima stoterimi stotero stoti stotih stotim
    stotima stotimi stoto sva svoj svoja svoje svojega svojem svojemu svoji svojih svojim svojima
    svojimi svojo ta tabo tak taka takale take takega takegale takele takem takemle takemu
    takemule taki takih takihle takile takim takima takimale takimi takimile takimle takle tako
    takole takšen takšna takšne takšnega takšnem takšnemu takšni takšnih takšnim takšnima
    takšnimi takšno tale te tebe tebi teboj tega tegale teh tehle tej tejle tele tem tema temale
    temi temile temle temu temuintemu temule temveč ter ti tile tisoč tisoča tisoče tisočega
    tisočem tisočemu tisočer tisočera tisočere tisočerega tisočerem tisočeremu tisočeri tisočerih
    tisočerim tisočerima tisočerimi tisočero tisoči tisočih tisočim tisočima tisočimi tisočo
    tista tiste tistega tistem tistemu tisti tistih tistim tistima tistimi tisto to toda tole
    tolik tolika tolike tolikega tolikem tolikemu toliki tolikih tolikim tolikima tolikimi toliko
    tolikšen tolikšna tolikšne tolikšnega tolikšnem tolikšnemu tolikšni tolikšnih tolikšnim
    tolikšnima tolikšnimi tolikšno torej treh trem tremi tretja tretje tretjega tretjem tretjemu
    tretji tretjih tretjim tretjima tretjimi tretjo tri trideset trideseta tridesete tridesetega
    tridesetem tridesetemu trideseti tridesetih tridesetim tridesetima tridesetimi trideseto
    triindvajset triindvajseta triindvajsete triindvajsetega triindvajsetem triindvajsetemu
    triindvajseti triindvajsetih triindvajsetim triindvajsetima triindvajsetimi triindvajseto
    triinpetdeset triinpetdesetih triinpetdesetim triinpetdesetimi triintrideseta triintridesete
    triintridesetega triintridesetem triintridesetemu triintrideseti triintridesetih
    triintridesetim triintridesetima triintridesetimi triintrideseto triinšestdeset
    triinšestdesetih triinšestdesetim triinšestdesetimi trije trikraten trikratna trikratne
    trikratnega trikratnem trikratnemu trikratni trikratnih trikratnim trikratnima trikratnimi
    trikratno trinajst trinajsta trinajste trinajstega trinajstem trinajstemu trinajsti
    trinajstih trinajstim trinajstima trinajstimi trinajsto tristo tristota tristote tristotega
    tristotem tristotemu tristoti tristotih tristotim tristotima tristotimi tristoto troj troja
    troje trojega trojem trojemu trojen troji trojih trojim trojima trojimi trojna trojne
    trojnega trojnem trojnemu trojni trojnih trojnim trojnima trojnimi trojno trojo tudi tvoj
    tvoja tvoje tvojega tvojem tvojemu tvoji tvojih tvojim tvojima tvojimi tvojo v vajin vajina
    vajine vajinega vajinem vajinemu vajini vajinih vajinim vajinima vajinimi vajino vaju vam
    vama vame vami vanj vanje vanjo vanju vas vase vate vaš vaša vaše vašega vašem vašemu vaši
    vaših vašim vašima vašimi vašo vendar vendarle verjetno ves vi vidva vnovič vpričo vred vrh
    vrhu vsa vsaj vsak vsaka vsakdo vsake vsakega vsakem vsakemu vsaki vsakih vsakim vsakima
    vsakimi vsako vsakogar vsakomer vsakomur vsakršen vsakršna vsakršne vsakršnega vsakršnem
    vsakršnemu vsakršni vsakršnih vsakršnim vsakršnima vsakršnimi vsakršno vse vsega vseh vsej
    vsem vsema vsemi vsemu vsi vso vzdolž všeč vštric z za zadosti zakaj zame zanj zanje zanjo
    zanju zapored zaradi zares zase zate zavoljo zgolj zlasti zmogel zmogl zmogla zmogle zmogli
    zmore zmorejo zmorem zmoremo zmoreta zmorete zmoreva zmoreš zmoči zoper zopet zraven zunaj če
    čem čemer čemerkoli čemu čemur čemurkoli čeprav čeravno česa česar česarkoli četrta četrte
    četrtega četrtem četrtemu četrti četrtih četrtim četrtima četrtimi četrto četudi čez čezenj
    čeznje čigar čigav čigava čigave čigavega čigavem čigavemu čigavi čigavih čigavim čigavima
    čigavimi čigavo čim čimer čimerkoli še šele šest šesta šestdeset šestdeseta šestdesete
    šestdesetega šestdesetem šestdesetemu šestdeseti šestdesetih šestdesetim šestdesetima
    šestdesetimi šestdeseto šeste šestega šestem šestemu šesti šestih šestim šestima šestimi
    šestindvajset šestindvajsetih šestindvajsetim šestindvajsetimi šestintrideset
    šestintridesetih šestintridesetim šestintridesetimi šestnajst šestnajsta šestnajste
    šestnajstega šestnajstem šestnajstemu šestnajsti šestnajstih šestnajstim šestnajstima
    šestnajstimi šestnajsto šesto šeststo šeststotih šeststotim šeststotimi štiri štirideset
    štirideseta štiridesete štiridesetega štiridesetem štiridesetemu štirideseti štiridesetih
    štiridesetim štiridesetima štiridesetimi štirideseto štirih štiriindvajset štiriindvajseta
    štiriindvajsete štiriindvajsetega štiriindvajsetem štiriindvajsetemu štiriindvajseti
    štiriindvajsetih štiriindvajsetim štiriindvajsetima štiriindvajsetimi štiriindvajseto štirim
    štirimi štirinajst štirinajsta štirinajste štirinajstega štirinajstem štirinajstemu
    štirinajsti štirinajstih štirinajstim štirinajstima štirinajstimi štirinajsto štiristo
    štiristotih štiristotim štiristotimi štirje ž žal že želel želela želele želeli želelo želen
    želena želene želeni želeno želeti želi želijo želim želimo želita želite želiva želiš
    """
}
