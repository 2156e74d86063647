"""Lists from which the simulator draws. Common names, drawn independently: nobody in particular is meant."""


def _split(names: str) -> tuple[str, ...]:
    return tuple(names.split())


FIRST_NAMES = {
    "es": _split(
        "Alejandra Alejandro Ana Andrés Antonio Beatriz Camila Carlos Carmen Carolina Clara Claudia Cristina Daniel "
        "Daniela David Diana Diego Eduardo Elena Emilia Emilio Fernanda Fernando Francisco Gabriela Gloria Guadalupe "
        "Guillermo Gustavo Héctor Hugo Ignacio Inés Irene Isabel Iván Javier Jimena Joaquín Jorge José Juan Julia "
        "Julieta Laura Leticia Lucía Luis Luz Manuel Marcela María Mariana Marina Mario Marta Martín Mateo Miguel "
        "Mónica Natalia Nicolás Norma Óscar Pablo Patricia Paula Pedro Pilar Rafael Ramón Raquel Raúl Ricardo Roberto "
        "Rocío Rodrigo Rosa Rubén Sandra Santiago Sara Sebastián Sergio Silvia Sofía Teresa Tomás Valentina Valeria "
        "Verónica Vicente Víctor Ximena"
    ),
    "pt": _split(
        "Adriana Alice Aline Amanda Ana André Antônio Beatriz Bianca Bruna Bruno Caio Camila Carla Carlos Carolina "
        "Cecília Clara Cláudia Cláudio Daniel Débora Diego Eduardo Elaine Fábio Felipe Fernanda Fernando Flávia "
        "Francisco Gabriel Gabriela Guilherme Gustavo Helena Henrique Igor Isabela João José Juliana Júlio Larissa "
        "Leandro Letícia Lívia Lucas Luana Luís Luiza Marcela Marcelo Márcia Marcos Maria Mariana Mateus Maurício "
        "Natália Paula Paulo Pedro Priscila Rafael Rafaela Raquel Regina Renata Renato Ricardo Roberta Rodrigo Rosana "
        "Sandra Sílvia Simone Sônia Tatiana Thiago Vanessa Vera Vinícius Vitória"
    ),
    "en": _split(
        "Aaron Abigail Adam Alan Alice Amanda Amy Andrew Angela Anna Anthony Barbara Benjamin Brian Carol Catherine "
        "Charles Christine Daniel David Deborah Dennis Diane Donna Edward Elizabeth Emily Emma Eric Ethan Frances "
        "Frank Gary George Gloria Grace Hannah Heather Helen Henry Jack Jacob James Janet Jason Jean Jennifer Jessica "
        "John Joseph Joyce Judith Julia Karen Keith Kevin Laura Linda Lisa Margaret Mark Martha Martin Mary Matthew "
        "Megan Melissa Michael Nancy Nathan Nicole Olivia Patrick Paul Peter Philip Rachel Rebecca Richard Robert Ruth "
        "Ryan Samuel Sandra Sarah Scott Sharon Sophia Stephen Susan Thomas Timothy Victoria Walter William"
    ),
}

LAST_NAMES = {
    "es": _split(
        "Aguilar Álvarez Benítez Blanco Cabrera Calderón Campos Cano Castillo Castro Chávez Contreras Cortés Cruz "
        "Delgado Díaz Domínguez Espinoza Estrada Fernández Flores Fuentes Gallegos García Garza Gómez González "
        "Guerrero Gutiérrez Guzmán Hernández Herrera Ibarra Iglesias Jiménez Juárez Lara León López Luna Maldonado "
        "Marín Márquez Martínez Medina Méndez Mendoza Miranda Molina Montes Mora Morales Moreno Muñoz Navarro Núñez "
        "Ochoa Ortega Ortiz Pacheco Padilla Paredes Peña Pérez Ramírez Ramos Reyes Ríos Rivera Robles Rodríguez Rojas "
        "Romero Rosales Rubio Ruiz Salazar Salinas Sánchez Sandoval Santos Serrano Silva Solís Soto Suárez Torres "
        "Trujillo Valdez Vargas Vázquez Vega Velasco Vera Vidal Villanueva Zamora"
    ),
    "pt": _split(
        "Almeida Alves Andrade Antunes Araújo Azevedo Barbosa Barros Batista Borges Braga Brito Campos Cardoso "
        "Carvalho Castro Coelho Correia Costa Cunha Dias Duarte Esteves Farias Fernandes Ferraz Ferreira Figueiredo "
        "Fonseca Freitas Garcia Gomes Gonçalves Guimarães Leal Leite Lima Lopes Macedo Machado Magalhães Marques "
        "Martins Matos Medeiros Melo Mendes Menezes Miranda Monteiro Moraes Moreira Mota Moura Nascimento Neves "
        "Nogueira Novaes Nunes Oliveira Pacheco Paiva Peixoto Pereira Pinheiro Pinto Pires Queiroz Ramos Reis Ribeiro "
        "Rocha Rodrigues Sales Santana Santos Silva Silveira Siqueira Soares Souza Tavares Teixeira Vasconcelos "
        "Vieira Xavier"
    ),
    "en": _split(
        "Adams Allen Anderson Bailey Baker Barnes Bell Bennett Brooks Brown Butler Campbell Carter Clark Collins Cook "
        "Cooper Cox Davis Edwards Evans Fisher Foster Gray Green Hall Harris Hill Howard Hughes Jackson James Johnson "
        "Jones Kelly King Lee Lewis Long Martin Miller Mitchell Moore Morgan Morris Murphy Myers Nelson Parker Perry "
        "Peterson Phillips Powell Price Reed Richardson Roberts Robinson Rogers Ross Russell Sanders Scott Simmons "
        "Smith Stewart Sullivan Taylor Thomas Thompson Turner Walker Ward Watson White Williams Wilson Wood Wright "
        "Young"
    ),
}
