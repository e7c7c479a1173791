/** A region of the sample people: its names, towns and phone numbers (`#` stands for a digit). */
export type Culture = {
  country: string;
  language: string;
  given: readonly string[];
  family: readonly string[];
  towns: readonly { name: string; region: string; postalCode: string }[];
  streets: readonly string[];
  work: string;
  mobile: string;
};

function words(text: string): string[] {
  return text.split(' ');
}

function town(name: string, region: string, postalCode: string): Culture['towns'][number] {
  return {
    name,
    region,
    postalCode,
  };
}

export const cultures: readonly Culture[] = [
  {
    country: 'DE',
    language: 'de',
    given: words('Anna Jürgen Käthe Björn Sören Lena Günther Maximilian Sophie Heike Matthias Änne Jörg Ulrike'),
    family: words('Müller Schäfer Weiß Großmann Köhler Böhm Krüger Schröder Fuchs Lindner Brandt Hübner'),
    towns: [
      town('München', 'Bayern', '80331'),
      town('Köln', 'Nordrhein-Westfalen', '50667'),
      town('Berlin', 'Berlin', '10115'),
    ],
    streets: ['Lindenstraße', 'Am Mühlbach', 'Goethestraße', 'Große Gasse'],
    work: '+49 30 901820 ###',
    mobile: '+49 151 234 #####',
  },
  {
    country: 'SE',
    language: 'sv',
    given: words('Åsa Göran Malin Björn Elin Håkan Sofia Märta Lars Örjan Ingrid Nils'),
    family: words('Ångström Öberg Lindqvist Sjöström Nyström Bergström Åkesson Hägg Lundgren'),
    towns: [town('Malmö', 'Skåne', '211 22'), town('Göteborg', 'Västra Götaland', '411 03')],
    streets: ['Storgatan', 'Ängsvägen', 'Kungsgatan'],
    work: '+46 8 506 ### ##',
    mobile: '+46 70 174 ## ##',
  },
  {
    country: 'FR',
    language: 'fr',
    given: words('Chloé Jérôme Anaïs François Zoé Rémi Hélène Étienne Maëlle Gaël Noémie Loïc'),
    family: words('Lefèvre Béranger Garçon Dupré Château Noël Pélissier Müntz Forêt Côté'),
    towns: [town('Besançon', 'Bourgogne-Franche-Comté', '25000'), town('Orléans', 'Centre-Val de Loire', '45000')],
    streets: ['rue de l’Église', 'avenue du Général-Leclerc', 'place du Marché'],
    work: '+33 1 42 68 ## ##',
    mobile: '+33 6 12 34 ## ##',
  },
  {
    country: 'PL',
    language: 'pl',
    given: words('Zofia Paweł Małgorzata Łukasz Wojciech Kinga Stanisław Agnieszka Michał Żaneta'),
    family: words('Wiśniewska Dąbrowski Żuk Kamińska Grzyb Wójcik Świątek Łęcki Nowak'),
    towns: [town('Łódź', 'łódzkie', '90-001'), town('Kraków', 'małopolskie', '31-042')],
    streets: ['ul. Długa', 'ul. Świętej Anny', 'al. Róż'],
    work: '+48 22 621 ## ##',
    mobile: '+48 501 234 ###',
  },
  {
    country: 'ES',
    language: 'es',
    given: words('Íñigo María José Núria Álvaro Begoña Joaquín Inés Ramón Lucía Andrés'),
    family: words('García Muñoz Peña Ibáñez Núñez Cañas Martínez Gómez Fernández'),
    towns: [town('Logroño', 'La Rioja', '26001'), town('A Coruña', 'Galicia', '15001')],
    streets: ['calle Peñón', 'plaza de España', 'paseo del Río'],
    work: '+34 91 421 ## ##',
    mobile: '+34 612 34 ## ##',
  },
  {
    country: 'TR',
    language: 'tr',
    given: words('Elif Çağla İlker Şeyma Gökhan Ayşe Oğuz Ümit Yiğit Zeynep'),
    family: words('Yılmaz Çelik Şahin Öztürk Doğan Kılıç Güneş Işık'),
    towns: [town('İstanbul', 'İstanbul', '34000'), town('Muğla', 'Muğla', '48000')],
    streets: ['Çiçek Sokak', 'Atatürk Caddesi', 'Gül Sokağı'],
    work: '+90 212 455 ## ##',
    mobile: '+90 532 123 ## ##',
  },
  {
    country: 'GB',
    language: 'en',
    given: words('Olivia Siân Rhys Niamh Seán Harriet Oliver Zoë Gareth Imogen'),
    family: words("O'Brien Smith-Jones Llewellyn MacDonald Wright Taylor D'Arcy Byrne"),
    towns: [town('Llanelli', 'Carmarthenshire', 'SA15 3AB'), town('Bristol', '', 'BS1 4DJ')],
    streets: ['High Street', 'Church Lane', 'King’s Road'],
    work: '+44 20 7946 0###',
    mobile: '+44 7700 900###',
  },
  {
    country: 'VN',
    language: 'vi',
    given: words('Linh Hương Đức Thảo Tuấn Ngọc Quỳnh Bảo'),
    family: words('Nguyễn Trần Lê Phạm Hoàng Võ Đặng Bùi'),
    towns: [town('Đà Nẵng', 'Đà Nẵng', '550000'), town('Huế', 'Thừa Thiên Huế', '530000')],
    streets: ['Đường Lê Lợi', 'Phố Hàng Bạc'],
    work: '+84 236 382 ####',
    mobile: '+84 91 234 ####',
  },
  {
    country: 'JP',
    language: 'ja',
    given: words('陽菜 蓮 結衣 大翔 さくら 悠真'),
    family: words('佐藤 鈴木 高橋 田中 渡辺'),
    towns: [town('大阪市', '大阪府', '530-0001'), town('札幌市', '北海道', '060-0001')],
    streets: ['中央区本町', '北区梅田'],
    work: '+81 6 6345 ####',
    mobile: '+81 90 1234 ####',
  },
  {
    country: 'GR',
    language: 'el',
    given: words('Ελένη Γιώργος Μαρία Νίκος Κατερίνα Ανδρέας'),
    family: words('Παπαδόπουλος Γεωργίου Δημητρίου Νικολάου'),
    towns: [town('Θεσσαλονίκη', 'Κεντρική Μακεδονία', '546 21')],
    streets: ['Οδός Ερμού', 'Λεωφόρος Νίκης'],
    work: '+30 231 023 ####',
    mobile: '+30 694 123 ####',
  },
  {
    country: 'NG',
    language: 'en',
    given: words('Adébáyò Chinwe Olúfẹ́mi Ngozi Ifeoma Tunde Amina'),
    family: words('Okonkwo Adéyẹmí Eze Bello Oyèlárán Abubakar'),
    towns: [town('Lagos', 'Lagos', '101001'), town('Ìbàdàn', 'Oyo', '200001')],
    streets: ['Broad Street', 'Allen Avenue'],
    work: '+234 1 277 ####',
    mobile: '+234 803 123 ####',
  },
  {
    country: 'IN',
    language: 'en',
    given: words('Priya Arjun Ananya Rohan Kavya Vikram Meera'),
    family: words('Sharma Iyer Patel Chatterjee Reddy Menon'),
    towns: [town('Bengaluru', 'Karnataka', '560001'), town('Kochi', 'Kerala', '682001')],
    streets: ['MG Road', 'Temple Street'],
    work: '+91 80 2233 ####',
    mobile: '+91 98450 1####',
  },
];
